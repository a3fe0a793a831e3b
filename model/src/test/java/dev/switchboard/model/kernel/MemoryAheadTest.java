package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MemoryAheadTest {
  private static final int BYTES = 3 << 12;

  @Test
  void askingChangesNothing() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(BYTES, 64);
      for (int i = 0; i < BYTES; i++) {
        segment.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
      }

      MemoryAhead.ask(segment, 0, BYTES);
      MemoryAhead.ask(segment, 1, 0);
      MemoryAhead.ask(segment, 64, -64);
      MemoryAhead.ask(segment, BYTES - 1, 1);

      for (int i = 0; i < BYTES; i++) {
        assertThat(segment.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) (i * 31));
      }
    }
  }

  /** A page that was given back in the meantime is asked for in vain, and nothing else happens. */
  @Test
  void whereNothingIsItDoesNoHarm() {
    MemorySegment nowhere = MemorySegment.ofAddress(64).reinterpret(BYTES);

    assertThatCode(() -> MemoryAhead.ask(nowhere, 0, BYTES)).doesNotThrowAnyException();
  }
}
