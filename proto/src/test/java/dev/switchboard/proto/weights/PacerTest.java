package dev.switchboard.proto.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PacerTest {
  private static final long MILLI = 1_000_000;

  private long now = Duration.ofHours(2).toNanos();

  /** Works for so long, then rests as it is told; returns how long. */
  private long piece(Pacer pacer, long bytes, long workNanos, boolean busy) {
    now += workNanos;
    long rest = pacer.restNanos(bytes, workNanos, busy, now);
    now += rest;
    return rest;
  }

  @Test
  void whileOthersAreAnsweredItTakesItsShareOfTheTime() {
    Pacer pacer = new Pacer(0, 10);
    assertThat(piece(pacer, 1000, MILLI, true)).isEqualTo(9 * MILLI);
    assertThat(piece(pacer, 1000, 4 * MILLI, true)).isEqualTo(36 * MILLI);
  }

  @Test
  void whileNobodyIsItDoesNotRest() {
    Pacer pacer = new Pacer(0, 10);
    assertThat(piece(pacer, 1 << 20, 100 * MILLI, false)).isZero();
    assertThat(piece(new Pacer(0, 100), 1 << 20, 100 * MILLI, true)).isZero();
  }

  @Test
  void shortRestsAreSavedUp() {
    Pacer pacer = new Pacer(0, 50);
    long micro = MILLI / 1000;
    assertThat(piece(pacer, 1, 150 * micro, true)).isZero();
    assertThat(piece(pacer, 1, 150 * micro, true)).isEqualTo(300 * micro);
    assertThat(piece(pacer, 1, 150 * micro, true)).as("nothing is owed twice").isZero();
  }

  @Test
  void aRateHoldsWhateverElseHappens() {
    Pacer pacer = new Pacer(1_000_000, 100);
    long begun = now;
    for (int i = 0; i < 100; i++) {
      piece(pacer, 10_000, i % 3 * MILLI, i % 2 == 0);
    }
    assertThat(now - begun).isBetween(999 * MILLI, 1001 * MILLI);
  }

  @Test
  void timeThatWasNotUsedIsNotMadeUpFor() {
    Pacer pacer = new Pacer(1_000_000, 100);
    piece(pacer, 10_000, 0, false);
    now += Duration.ofMinutes(5).toNanos();
    long begun = now;
    for (int i = 0; i < 100; i++) {
      piece(pacer, 10_000, 0, false);
    }
    assertThat(now - begun).isBetween(979 * MILLI, 1001 * MILLI);
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThatThrownBy(() -> new Pacer(-1, 10)).hasMessageContaining("-1 bytes/s");
    assertThatThrownBy(() -> new Pacer(0, 0)).hasMessageContaining("0 percent");
    assertThatThrownBy(() -> new Pacer(0, 101)).hasMessageContaining("101 percent");
  }
}
