package dev.switchboard.client.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.client.chaos.Gaps.Gap;
import java.util.List;
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
  void theReportTellsFaultsFromWhatIsUsual() {
    Gaps gaps = new Gaps();
    gaps.add(new Gap(0, 0, 1_000_000));
    gaps.add(new Gap(0, 1_000_000, 301_000_000));
    List<Happened> faults =
        List.of(new Happened(FaultKind.NODE_HUNG, "node-1", 2_000_000, 302_000_000, 1, true));
    ChaosReport report =
        ChaosReport.of(faults, gaps, new ChaosReport.Requests(1, 0, 0, 2, 1), List.of());
    assertThat(report.usual().most()).isEqualTo(1);
    assertThat(report.stalls()).isEqualTo(new ChaosReport.Times(1, 300, 300, 300));
    assertThat(report.byKind().get(FaultKind.NODE_HUNG).retries()).isEqualTo(1);
    assertThat(report.clean()).isTrue();
  }
}
