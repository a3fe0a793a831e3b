package dev.switchboard.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadBookTest {
  @Test
  void addsUpLiveRoutersAndThoseThatLeft() {
    RouterLoad a = new RouterLoad("a", counts(2, 2, 1, 2, 3, 4), 5, 10, 1, 2);
    RouterLoad left = new RouterLoad("b", counts(2, 2, 10, 0, 0, 10), 10, 0, 3, 3).retired();
    NodeLoad node = new NodeLoad("n", 7, 3, 0, 0, 99, 1000, NodeMemory.NONE);
    LoadBook book = new LoadBook(Map.of("a", a, RouterLoad.RETIRED, left), Map.of("n", node));
    assertThat(book.tokens()).isEqualTo(counts(2, 2, 11, 2, 3, 14));
    assertThat(book.tokensRouted()).isEqualTo(15);
    assertThat(book.expertMultiplyAdds()).isEqualTo(1010);
    assertThat(book.live()).containsExactly(a);
    assertThat(book.total().runningRequests()).isEqualTo(1);
  }

  @Test
  void itsOwnLatestNumbersTakeThePlaceOfThePublishedOnes() {
    LoadBook book = new LoadBook(Map.of("a", load("a", 5)), Map.of());
    assertThat(book.with(load("a", 6)).tokensRouted()).isEqualTo(6);
  }

  @Test
  void countersOfDifferentModelsSpanBoth() {
    assertThat(counts(1, 2, 1, 2).plus(counts(2, 1, 10, 20))).isEqualTo(counts(2, 2, 11, 2, 20, 0));
  }

  @Test
  void countersRefuseWrongShapes() {
    assertThatThrownBy(() -> counts(2, 2, 1)).hasMessageContaining("1 counters for 2 layers of 2");
    assertThatThrownBy(() -> counts(1, 1, 1).get(0, 1)).hasMessageContaining("[1, 1]");
    assertThatThrownBy(() -> new ExpertCounter(1, 1).add(1, 0, 1)).hasMessageContaining("[1, 1]");
  }

  @Test
  void aCounterSumsOverThreads() throws InterruptedException {
    ExpertCounter counter = new ExpertCounter(2, 3);
    Thread[] threads = new Thread[4];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          Thread.ofPlatform()
              .start(() -> {
                for (int n = 0; n < 1000; n++) {
                  counter.add(n % 2, n % 3, 2);
                }
              });
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(counter.snapshot().total()).isEqualTo(8000);
  }

  private static ExpertCounts counts(int layers, int experts, long... values) {
    return ExpertCounts.of(layers, experts, values);
  }

  private static RouterLoad load(String id, long routed) {
    return new RouterLoad(id, ExpertCounts.zero(1, 1), routed, 0, 0, 0);
  }
}
