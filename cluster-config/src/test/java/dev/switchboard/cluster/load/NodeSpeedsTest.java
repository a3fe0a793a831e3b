package dev.switchboard.cluster.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.cluster.ServiceTimes;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeSpeedsTest {
  private static final long SECOND = 1_000_000_000L;

  private final NodeSpeeds speeds = new NodeSpeeds();
  private final Map<String, ServiceTimes> lately = new HashMap<>();

  @Test
  void theSameSpeedWithinAQuarterIsTheSame() {
    lately.put("a", served(0, 1.0));
    lately.put("b", served(0, 1.2));
    lately.put("c", served(0, 0.85));
    for (int second = 0; second < 120; second++) {
      assertThat(speeds.look(second * SECOND, lately)).isEmpty();
    }
  }

  @Test
  void aSlowNodeIsBelievedToBeSlowAfterSomeTimeAndTheOthersStayAsTheyAre() {
    lately.put("a", served(0, 1));
    lately.put("b", served(0, 1.1));
    lately.put("c", served(0, 0.25));
    assertThat(speeds.look(0, lately)).isEmpty();
    assertThat(speeds.look(14 * SECOND, lately)).isEmpty();
    Map<String, Double> believed = speeds.look(15 * SECOND, lately);
    assertThat(believed.get("a")).isEqualTo(1);
    assertThat(believed.get("c")).isCloseTo(0.25, within(0.02));
    lately.put("a", served(0, 1.1));
    lately.put("c", served(0, 0.28));
    assertThat(speeds.look(100 * SECOND, lately)).isEqualTo(believed);
  }

  @Test
  void whatDoesNotLastIsNotBelieved() {
    lately.put("a", served(0, 1));
    lately.put("b", served(0, 1));
    for (int second = 0; second < 100; second++) {
      lately.put("c", served(0, second % 10 < 8 ? 0.2 : 1));
      assertThat(speeds.look(second * SECOND, lately)).isEmpty();
    }
  }

  @Test
  void aNodeThatIsSlowForItsSmallCallsIsNotSlow() {
    // One row at a time takes ten times as long a row as many at once: for everybody.
    lately.put("a", served(0, 0.1));
    lately.put("b", served(0, 0.1).plus(served(6, 1)));
    lately.put("c", served(6, 1));
    for (int second = 0; second < 60; second++) {
      assertThat(speeds.look(second * SECOND, lately)).isEmpty();
    }
  }

  @Test
  void whoHasDoneTooLittleIsNotJudged() {
    lately.put("a", served(0, 1));
    lately.put("b", served(0, 1));
    lately.put("c", scaled(served(0, 0.1), 1000));
    for (int second = 0; second < 60; second++) {
      assertThat(speeds.look(second * SECOND, lately)).isEmpty();
    }
    assertThat(NodeSpeeds.measure(Map.of("alone", served(0, 5)))).isEmpty();
    assertThat(NodeSpeeds.measure(Map.of())).isEmpty();
  }

  @Test
  void theMiddleOfThoseWhoAreLeftIsOneAgain() {
    lately.put("a", served(0, 4));
    lately.put("b", served(0, 1));
    speeds.look(0, lately);
    Map<String, Double> both = speeds.look(20 * SECOND, lately);
    assertThat(both.get("a") / both.get("b")).isCloseTo(4, within(0.4));
    lately.remove("b");
    assertThat(speeds.look(21 * SECOND, lately)).containsEntry("a", 1.0);
    lately.put("new", ServiceTimes.NONE);
    assertThat(speeds.look(22 * SECOND, lately)).containsEntry("a", 1.0).doesNotContainKey("new");
  }

  @Test
  void whoIsFastAgainIsBelievedToBe() {
    lately.put("a", served(0, 1));
    lately.put("b", served(0, 1));
    lately.put("c", served(0, 0.1));
    speeds.look(0, lately);
    assertThat(speeds.look(15 * SECOND, lately).get("c")).isLessThan(0.2);
    lately.put("c", served(0, 1));
    speeds.look(20 * SECOND, lately);
    assertThat(speeds.look(35 * SECOND, lately)).containsEntry("c", 1.0);
  }

  /** A second of calls of one class. */
  private static ServiceTimes served(int callClass, double speed) {
    long[] work = new long[ServiceTimes.CLASSES];
    long[] nanos = new long[ServiceTimes.CLASSES];
    work[callClass] = (long) (SECOND * speed);
    nanos[callClass] = SECOND;
    return ServiceTimes.of(work, nanos);
  }

  private static ServiceTimes scaled(ServiceTimes times, long by) {
    long[] work = new long[ServiceTimes.CLASSES];
    long[] nanos = new long[ServiceTimes.CLASSES];
    for (int i = 0; i < work.length; i++) {
      work[i] = times.work(i) / by;
      nanos[i] = times.nanos(i) / by;
    }
    return ServiceTimes.of(work, nanos);
  }
}
