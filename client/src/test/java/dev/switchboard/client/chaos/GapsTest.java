package dev.switchboard.client.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.client.chaos.Gaps.Gap;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GapsTest {
  @Test
  void eachStreamCountsOnceWithItsLongestGapThatTouchesTheTime() {
    Gaps gaps = new Gaps();
    gaps.add(new Gap(0, 0, 90));
    gaps.add(new Gap(0, 90, 130));
    gaps.add(new Gap(0, 130, 140));
    gaps.add(new Gap(1, 95, 102));
    gaps.add(new Gap(2, 200, 900));
    assertThat(gaps.longestOfEachStream(100, 200)).containsExactlyInAnyOrder(40, 7);
  }

  @Test
  void aQuantileIsAValueThatWas() {
    long[] values = {5, 1, 4, 2, 3};
    assertThat(Gaps.quantile(values, 0.5)).isEqualTo(3);
    assertThat(Gaps.quantile(values, 0.95)).isEqualTo(5);
    assertThat(Gaps.quantile(values, 0)).isEqualTo(1);
    assertThat(Gaps.quantile(new long[0], 0.5)).isZero();
  }

  @Test
  void whatAFaultTouchedIsNotUsual() {
    Gaps gaps = new Gaps();
    Book book = new Book(gaps);
    gaps.add(new Gap(0, 0, 1_000_000));
    book.settle();
    book.add(
        new Happened(
            FaultKind.NODE_HUNG, "node-1", 2_000_000, 302_000_000, 1, Happened.After.WELL));
    gaps.add(new Gap(0, 1_000_000, 301_000_000));
    gaps.add(new Gap(0, 301_000_000, 401_000_000));
    gaps.add(new Gap(0, 401_000_000, 403_000_000));
    book.settle();
    assertThat(gaps.usual()).isEqualTo(new ChaosReport.Times(2, 1, 2, 2));
    assertThat(book.faults()).isEqualTo(1);
    assertThat(book.stalls()).isEqualTo(new ChaosReport.Times(1, 300, 300, 300));
    ChaosReport.OfKind hung = Objects.requireNonNull(book.byKind().get(FaultKind.NODE_HUNG));
    assertThat(hung.retries()).isEqualTo(1);
    assertThat(hung.wholeAfter().most()).isEqualTo(300);
  }

  @Test
  void whatIsUnderWayAtItsEndStillCounts() {
    Gaps gaps = new Gaps();
    Book book = new Book(gaps);
    book.add(new Happened(FaultKind.NODE_HUNG, "node-1", 10, 20, 0, Happened.After.WELL));
    gaps.add(new Gap(3, 15, 5_000_015));
    book.settle();
    assertThat(book.stalls().most()).isEqualTo(5);
  }

  @Test
  void memoryIsBoundedWhateverComes() {
    Gaps gaps = new Gaps();
    for (int i = 0; i < 100_000; i++) {
      gaps.add(new Gap(0, 0, i));
      gaps.undisturbed();
    }
    assertThat(gaps.recent()).isEmpty();
    assertThat(gaps.tokens()).isEqualTo(100_000);
    assertThat(gaps.usual().count()).isEqualTo(100_000);
    assertThat(gaps.usual().most()).isEqualTo(99_999 / 1e6);
    assertThat(gaps.usual().p50()).isBetween(0.045, 0.055);
  }

  @Test
  void aSampleKeepsAllWhileThereIsRoom() {
    Sample sample = new Sample(3);
    sample.add(5);
    sample.add(2);
    assertThat(sample.values()).containsExactly(5, 2);
    sample.add(9);
    sample.add(1);
    assertThat(sample.values()).hasSize(3);
    assertThat(sample.seen()).isEqualTo(4);
    assertThat(sample.most()).isEqualTo(9);
  }
}
