package dev.switchboard.proto.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

final class LaneRingPropertiesTest {
  private final MemorySegment memory = Arena.ofAuto().allocate(LaneRing.BYTES, 64);

  /** Positive numbers are frames of that length, others read all that is there. */
  @Property(tries = 200)
  void framesComeInOrderAndWholeWhereverTheyLie(
      @ForAll @Size(max = 60) List<@IntRange(min = -20_000, max = 98_304) Integer> steps)
      throws IOException {
    memory.fill((byte) 0);
    LaneRing out = new LaneRing(memory);
    LaneRing in = new LaneRing(memory);
    ArrayDeque<Integer> sent = new ArrayDeque<>();
    int held = 0;
    for (int step : steps) {
      if (step <= 0 || held + step + 100_000 > LaneRing.ROOM_BYTES) {
        in.receive(frame -> check(frame, sent.removeFirst()));
        assertThat(sent).isEmpty();
        held = 0;
      }
      if (step > 0) {
        ByteBuffer frame = out.frame();
        for (int i = 0; i < step; i++) {
          frame.put((byte) (step + i));
        }
        assertThat(out.send(step)).isFalse();
        assertThat(in.pending()).isTrue();
        sent.add(step);
        held += step + 16;
      }
    }
  }

  private static void check(ByteBuffer frame, int length) {
    assertThat(frame.remaining()).isEqualTo(length);
    for (int i = 0; i < length; i++) {
      if (frame.get() != (byte) (length + i)) {
        throw new AssertionError("byte " + i + " of " + length);
      }
    }
  }

  @Example
  void whoDoesNotReadIsNotWrittenOver() throws IOException {
    LaneRing out = new LaneRing(memory);
    int length = LaneSocket.MOST_FRAME_BYTES;
    for (int i = 0; i < LaneRing.ROOM_BYTES / (length + 8); i++) {
      out.send(length);
    }
    assertThatThrownBy(() -> out.send(length))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not read");
  }

  @Example
  void whoSleepsIsToBeWoken() throws IOException {
    LaneRing out = new LaneRing(memory);
    LaneRing in = new LaneRing(memory);
    in.asleep(true);
    assertThat(out.send(8)).isTrue();
    in.asleep(false);
    assertThat(out.send(8)).isFalse();
  }

  /** Whatever the other side writes: an exception or frames, never more than it has written. */
  @Property(tries = 300)
  void nonsenseEndsTheLane(
      @ForAll long written, @ForAll int length, @ForAll @LongRange(min = 0, max = 64) long small)
      throws IOException {
    memory.fill((byte) 0);
    memory.set(ValueLayout.JAVA_LONG, 0, written % 3 == 0 ? small : written);
    memory.set(ValueLayout.JAVA_INT, 192, length);
    List<Integer> lengths = new ArrayList<>();
    try {
      new LaneRing(memory).receive(frame -> lengths.add(frame.remaining()));
    } catch (IOException e) {
      assertThat(e).hasMessageMatching(".*(has written|a frame of).*");
    }
    assertThat(lengths).allMatch(l -> l <= LaneSocket.MOST_FRAME_BYTES);
  }

  @Example
  void nonsenseOfTheReaderEndsTheLane() {
    memory.set(ValueLayout.JAVA_LONG, 64, 12_345);
    assertThatThrownBy(() -> new LaneRing(memory).send(8))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has read 12345 of 0");
  }
}
