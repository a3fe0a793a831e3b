package dev.switchboard.node.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.proto.weights.Pacer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoadPaceTest {
  private static final long MILLI = 1_000_000;

  private final List<Long> rests = new ArrayList<>();
  private long now = Duration.ofDays(3).toNanos();
  private long worked = 77 * MILLI;
  private boolean busy = true;

  private LoadPace pace(Pacer pacer) {
    return new LoadPace(
        pacer,
        () -> busy,
        () -> now,
        () -> worked,
        nanos -> {
          rests.add(nanos);
          now += nanos;
        });
  }

  private void work(LoadPace pace, long millis, long bytes) {
    worked += millis * MILLI;
    now += millis * MILLI;
    pace.worked(bytes);
  }

  @Test
  void itRestsInProportionToWorkWhileTheNodeIsBusyAndNotElse() {
    LoadPace pace = pace(new Pacer(0, 20));
    work(pace, 2, 100);
    busy = false;
    work(pace, 2, 100);
    busy = true;
    work(pace, 1, 0);
    assertThat(rests).containsExactly(8 * MILLI, 4 * MILLI);
    assertThat(pace.alone()).isTrue();
    assertThat(pace.urgent()).isFalse();
  }

  @Test
  void timeInWhichAnotherWasWaitedForIsNoWork() {
    LoadPace pace = pace(new Pacer(0, 10));
    now += Duration.ofSeconds(5).toNanos();
    work(pace, 1, 100);
    assertThat(rests).containsExactly(9 * MILLI);
  }

  @Test
  void loadsShareOneRate() {
    busy = false;
    Pacer pacer = new Pacer(1_000_000, 10);
    LoadPace one = pace(pacer);
    LoadPace other = pace(pacer);
    long begun = now;
    for (int i = 0; i < 10; i++) {
      work(one, 1, 50_000);
      work(other, 0, 50_000);
    }
    assertThat(now - begun).isBetween(995 * MILLI, 1005 * MILLI);
  }
}
