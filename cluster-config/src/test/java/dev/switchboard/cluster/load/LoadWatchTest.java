package dev.switchboard.cluster.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.Loads;
import dev.switchboard.cluster.NodeWork;
import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.cluster.load.LoadPicture.Hot;
import dev.switchboard.cluster.load.LoadPicture.Window;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadWatchTest {
  private static final long MILLIS = 1_000_000L;
  private static final long STEP = 250 * MILLIS;

  private final LoadWatch watch = new LoadWatch();
  private long now = -7_000_000_000L;

  @Test
  void thereIsAWindowOfASecondTenAndAMinute() {
    assertThat(watch.picture(now).windows())
        .extracting(window -> window.length().toSeconds())
        .containsExactly(1L, 10L, 60L);
    assertThat(watch.picture(now).windows())
        .allSatisfy(window -> assertThat(window.tokensRouted()).isZero());
  }

  @Test
  void aSteadyLoadIsTheSameRateInAllOfThem() {
    for (int i = 0; i < 400; i++) {
      look(LoadBook.EMPTY.with(Loads.router("r", 1000 + 10L * i)).with(node(i, 100 * MILLIS)));
    }
    for (Window window : watch.picture(now).windows()) {
      assertThat(window.coveredNanos())
          .isBetween(window.length().toNanos(), window.length().toNanos() * 5 / 4);
      assertThat(window.perSecond(window.tokensRouted())).isCloseTo(40, within(0.01));
      assertThat(window.perSecond(window.tokens().get(0, 1))).isCloseTo(40, within(0.01));
      assertThat(window.nodes().get("n").busy()).isCloseTo(0.4, within(0.001));
      assertThat(window.nodes().get("n").rowsPerSecond()).isCloseTo(4, within(0.01));
      assertThat(window.hottest(5)).extracting(Hot::expert).containsExactly(1);
      assertThat(window.mostOfLayer(0)).isEqualTo(1);
    }
  }

  @Test
  void whatEndedIsOutOfTheShortWindowFirst() {
    for (int i = 0; i < 100; i++) {
      look(LoadBook.EMPTY.with(Loads.router("r", 10L * Math.min(i, 80))));
    }
    var windows = watch.picture(now).windows();
    assertThat(windows.get(0).tokensRouted()).isZero();
    assertThat(windows.get(1).tokensRouted()).isPositive().isLessThan(800);
    assertThat(windows.get(2).tokensRouted()).isEqualTo(800);
  }

  @Test
  void whoeverComesOrGoesMakesNoJump() {
    for (int i = 0; i < 40; i++) {
      LoadBook book = LoadBook.EMPTY.with(Loads.router("r", 10L * i));
      if (i >= 20) {
        book = book.with(Loads.router("late", 1_000_000 + i));
      }
      if (i < 30) {
        book = book.with(Loads.router("gone", 5_000 + i)).with(node(i, 0));
      }
      look(book);
    }
    Window minute = watch.picture(now).windows().getLast();
    assertThat(minute.tokensRouted()).isEqualTo(390 + 19 + 29);
    assertThat(minute.nodes()).isEmpty();
  }

  @Test
  void anExpertMoreBeginsTheWindowsAnew() {
    look(LoadBook.EMPTY.with(Loads.router("r", counts(1, 2, 3, 4), 7)));
    look(LoadBook.EMPTY.with(Loads.router("r", counts(1, 2, 5, 4), 9)));
    look(LoadBook.EMPTY.with(Loads.router("r", counts(1, 3, 5, 4, 0), 9)));
    look(LoadBook.EMPTY.with(Loads.router("r", counts(1, 3, 5, 4, 6), 15)));
    Window minute = watch.picture(now).windows().getLast();
    assertThat(minute.tokens()).isEqualTo(counts(1, 3, 0, 0, 6));
    assertThat(minute.tokensRouted()).isEqualTo(6);
  }

  @Test
  void aSlowNodeIsSeen() {
    for (int i = 0; i < 400; i++) {
      look(
          LoadBook.EMPTY
              .with(Loads.router("r", i))
              .with(Loads.node("a", served(i, 1)))
              .with(Loads.node("b", served(i, 1)))
              .with(Loads.node("c", served(i, 10))));
    }
    assertThat(watch.speeds().get("c")).isCloseTo(0.1, within(0.02));
    assertThat(watch.picture(now).speeds()).isEqualTo(watch.speeds());
    assertThat(watch.speeds().get("a")).isEqualTo(1);
    look(LoadBook.EMPTY.with(Loads.node("a", served(400, 1))));
    now += 10_000 * MILLIS;
    look(LoadBook.EMPTY.with(Loads.node("a", served(401, 1))));
    assertThat(watch.speeds()).isEqualTo(Map.of("a", 1.0));
  }

  private void look(LoadBook book) {
    now += STEP;
    watch.look(now, book);
  }

  private static ExpertCounts counts(int layers, int experts, long... values) {
    return ExpertCounts.of(layers, experts, values);
  }

  private static dev.switchboard.cluster.NodeLoad node(int step, long busyEach) {
    return Loads.node(
        "n", new NodeWork(500 + step, step, 0, step * busyEach, 0, ServiceTimes.NONE));
  }

  private static NodeWork served(int step, int nanosEach) {
    long[] work = new long[ServiceTimes.CLASSES];
    long[] nanos = new long[ServiceTimes.CLASSES];
    work[2] = step * 10 * MILLIS;
    nanos[2] = step * 10 * MILLIS * nanosEach;
    return new NodeWork(step, step, 0, 0, 0, ServiceTimes.of(work, nanos));
  }
}
