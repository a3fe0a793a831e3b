package dev.switchboard.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadBookTest {
  @Test
  void addsUpLiveRoutersAndThoseThatLeft() {
    RouterLoad a = Loads.router("a", counts(2, 2, 1, 2, 3, 4), 5);
    LoadTotals left =
        Loads.router("b", counts(2, 2, 10, 0, 0, 10), 10)
            .totals()
            .plus(Loads.node("m", 30).totals());
    NodeLoad node = Loads.node("n", 1000);
    LoadBook book =
        new LoadBook(Map.of("a", a), Map.of("n", node), Map.of(), Map.of(Loads.MODEL, left));
    assertThat(book.total().tokens()).isEqualTo(counts(2, 2, 11, 2, 3, 14));
    assertThat(book.total().tokensRouted()).isEqualTo(15);
    assertThat(book.total().nodes().rows()).isEqualTo(1030);
    assertThat(book.total().expertMultiplyAdds()).isEqualTo(1030);
    assertThat(book.live()).containsExactly(a);
    assertThat(book.processes()).containsExactlyInAnyOrder("a", "n");
  }

  @Test
  void whatIsOfAnotherModelCanBeLeftOut() {
    RouterLoad other = new RouterLoad("o", "other", counts(1, 1, 7), 7, 0, 0, 0, ProcessCost.NONE);
    ExpertUses uses = new ExpertUses("n", List.of());
    LoadBook book =
        new LoadBook(
            Map.of("a", Loads.router("a", 5), "o", other),
            Map.of("n", Loads.node("n", 3)),
            Map.of("n", uses),
            Map.of("other", other.totals(), Loads.MODEL, Loads.router("x", 2).totals()));
    assertThat(book.of(Loads.MODEL).total().tokensRouted()).isEqualTo(7);
    assertThat(book.of(Loads.MODEL).uses()).containsValue(uses);
    assertThat(book.of("other").total().tokensRouted()).isEqualTo(14);
    assertThat(book.of("other").uses()).isEmpty();
    assertThat(book.total().tokensRouted()).isEqualTo(21);
  }

  @Test
  void itsOwnLatestNumbersTakeThePlaceOfThePublishedOnes() {
    LoadBook book = LoadBook.EMPTY.with(Loads.router("a", 5)).with(Loads.node("n", 5));
    assertThat(book.with(Loads.router("a", 6)).total().tokensRouted()).isEqualTo(6);
    assertThat(book.with(Loads.node("n", 6)).total().nodes().rows()).isEqualTo(6);
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
}
