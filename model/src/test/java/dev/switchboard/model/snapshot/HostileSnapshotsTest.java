package dev.switchboard.model.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.snapshot.StatePart.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Whatever bytes come, a snapshot is what was written, or there is an exception that says why. */
class HostileSnapshotsTest {
  private static final SnapshotOrigin ORIGIN =
      new SnapshotOrigin("00112233445566778899aabbccddeeff", "", 2, List.of("kv=f16"));
  private static final long LIMIT = 16 << 20;

  private static SequenceSnapshot snapshot(int tokens, int floats) {
    int[] ids = new int[tokens];
    Arrays.setAll(ids, i -> i * 7 % 101);
    float[] values = new float[floats];
    for (int i = 0; i < floats; i++) {
      values[i] = i * 0.5f;
    }
    return new SequenceSnapshot(
        new SnapshotHead(ORIGIN, tokens - 1, ids, List.of(4096L)),
        List.of(
            new StatePart(Kind.CONVOLUTION, 0, 0, 0, MemorySegment.ofArray(new float[6])),
            new StatePart(Kind.RECURRENT, 0, 0, 0, MemorySegment.ofArray(values)),
            new StatePart(Kind.KEYS_AND_VALUES, -1, 0, 0, MemorySegment.ofArray(new byte[640])),
            StatePart.of(new ExpertSnapshot(1, 3, 12, new byte[] {1, 2, 3}))));
  }

  private static byte[] written(SequenceSnapshot snapshot) {
    ByteBuffer all = ByteBuffer.allocate((int) snapshot.bytes());
    for (int i = 0; i < snapshot.chunks(); i++) {
      all.put(snapshot.chunk(i));
    }
    assertThat(all.hasRemaining()).isFalse();
    return all.array();
  }

  private static SequenceSnapshot read(byte[] bytes) {
    return SequenceSnapshot.read(List.of(ByteBuffer.wrap(bytes)), LIMIT);
  }

  private static Problem problem(byte[] bytes) {
    SnapshotException e = catchThrowableOfType(SnapshotException.class, () -> read(bytes));
    assertThat(e).isNotNull();
    assertThat(e.getMessage()).isNotBlank();
    return e.problem();
  }

  /** Of a single chunk: as if it had been written so. */
  private static byte[] resealed(byte[] bytes, int at, long value, int width) {
    byte[] changed = bytes.clone();
    ByteBuffer buffer = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
    if (width == Long.BYTES) {
      buffer.putLong(at, value);
    } else {
      buffer.putInt(at, (int) value);
    }
    CRC32C crc = new CRC32C();
    crc.update(new byte[8]);
    crc.update(changed, 8, changed.length - 8);
    buffer.putInt(4, (int) crc.getValue());
    return changed;
  }

  @Test
  void whatWasWrittenIsReadHoweverItIsCut() {
    SequenceSnapshot snapshot = snapshot(500_000, 400_000);
    assertThat(snapshot.chunks()).isEqualTo(4);
    byte[] bytes = written(snapshot);
    for (int piece : new int[] {1000, 1 << 20, 3 << 20, bytes.length}) {
      List<ByteBuffer> pieces = new ArrayList<>();
      for (int at = 0; at < bytes.length; at += piece) {
        pieces.add(ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at)));
      }
      SequenceSnapshot found = SequenceSnapshot.read(pieces, LIMIT);
      assertThat(written(found)).isEqualTo(bytes);
      assertThat(found.origin()).isEqualTo(ORIGIN);
      assertThat(found.position()).isEqualTo(499_999);
      assertThat(found.head().ropeVariants()).containsExactly(4096L);
      assertThat(found.trunk()).hasSize(3);
      assertThat(found.experts()).hasSize(1);
      assertThat(found.experts().getFirst().bytes()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void everyFlippedBitIsSeen() {
    byte[] bytes = written(snapshot(20, 30));
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(problem(flipped))
          .as("bit %d", bit)
          .isIn(Problem.DAMAGED, Problem.OTHER_FORMAT, Problem.TRUNCATED);
    }
  }

  @Test
  void flippedBitsOfLaterChunksAreSeen() {
    byte[] bytes = written(snapshot(10, 600_000));
    Random random = new Random(5);
    for (int i = 0; i < 40; i++) {
      byte[] flipped = bytes.clone();
      flipped[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      assertThat(problem(flipped)).isIn(Problem.DAMAGED, Problem.OTHER_FORMAT, Problem.TRUNCATED);
    }
  }

  @Test
  void everyCutIsSeen() {
    byte[] bytes = written(snapshot(20, 30));
    for (int length = 0; length < bytes.length; length++) {
      assertThat(problem(Arrays.copyOf(bytes, length))).isEqualTo(Problem.TRUNCATED);
    }
    assertThat(problem(Arrays.copyOf(bytes, bytes.length + 1))).isEqualTo(Problem.DAMAGED);
  }

  @Test
  void chunksOfTwoSnapshotsAreNotMixedUp() {
    SequenceSnapshot one = snapshot(10, 600_000);
    int[] other = one.tokens();
    other[3]++;
    SequenceSnapshot two =
        new SequenceSnapshot(
            new SnapshotHead(ORIGIN, one.position(), other, List.of(4096L)), one.trunk());
    SequenceSnapshot same =
        new SequenceSnapshot(
            new SnapshotHead(ORIGIN, one.position(), one.tokens(), List.of(4096L)), one.trunk());
    assertThat(same.chunks()).isEqualTo(two.chunks()).isEqualTo(3);
    List<ByteBuffer> mixed = List.of(same.chunk(0), two.chunk(1), same.chunk(2));
    assertThatThrownBy(() -> SequenceSnapshot.read(mixed, LIMIT))
        .isInstanceOf(SnapshotException.class)
        .hasMessageContaining("chunk 1");
    List<ByteBuffer> swapped = List.of(same.chunk(0), same.chunk(2), same.chunk(1));
    assertThatThrownBy(() -> SequenceSnapshot.read(swapped, LIMIT))
        .isInstanceOf(SnapshotException.class);
  }

  @Test
  void otherFormatsAndOtherFilesAreNamed() {
    byte[] bytes = written(snapshot(20, 30));
    byte[] later = resealed(bytes, 16, 2, Integer.BYTES);
    assertThatThrownBy(() -> read(later)).hasMessageContaining("format 2");
    assertThat(problem(later)).isEqualTo(Problem.OTHER_FORMAT);
    byte[] text =
        "this is a text that somebody took for a saved state, which it is not at all"
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> read(text)).hasMessageContaining("not a state");
    assertThatThrownBy(
            () -> SequenceSnapshot.read(Path.of("src/test/resources/nothing.state"), LIMIT))
        .isInstanceOf(SnapshotException.class)
        .hasMessageContaining("no such file");
  }

  @Test
  void whatIsTooLargeIsNotRead() {
    byte[] bytes = written(snapshot(20, 30));
    SnapshotException e =
        catchThrowableOfType(
            SnapshotException.class,
            () -> SequenceSnapshot.read(List.of(ByteBuffer.wrap(bytes)), bytes.length - 1));
    assertThat(e.problem()).isEqualTo(Problem.TOO_LARGE);
    assertThat(e).hasMessageContaining(String.valueOf(bytes.length));
  }

  @Test
  void numbersThatPromiseMuchAllocateNothing() {
    byte[] bytes = written(snapshot(20, 30));
    long[] wild = {
      -1, 0, 1, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 40, Long.MAX_VALUE
    };
    for (int at = 8; at < 64; at += 4) {
      for (long value : wild) {
        for (int width : new int[] {Integer.BYTES, Long.BYTES}) {
          refusedOrEqual(bytes, resealed(bytes, at, value, width));
        }
      }
    }
    // Names, variants, tokens, table.
    for (int at = 64; at < bytes.length - 200; at += 4) {
      for (long value : wild) {
        refusedOrRead(resealed(bytes, at, value, Integer.BYTES));
      }
    }
  }

  private static void refusedOrEqual(byte[] bytes, byte[] changed) {
    try {
      read(changed);
    } catch (SnapshotException e) {
      return;
    }
    // The reserved word, or the number that was there anyway.
    byte[] again = written(read(changed));
    assertThat(again.length).isEqualTo(bytes.length);
  }

  private static void refusedOrRead(byte[] changed) {
    try {
      assertThat(read(changed).bytes()).isLessThanOrEqualTo(2L * changed.length);
    } catch (SnapshotException e) {
      assertThat(e.problem()).isIn(Problem.DAMAGED, Problem.TRUNCATED);
    }
  }

  @Test
  void noiseIsRefused() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      byte[] noise = new byte[random.nextInt(3000)];
      random.nextBytes(noise);
      assertThat(problem(noise)).isIn(Problem.DAMAGED, Problem.TRUNCATED);
    }
  }

  @Test
  void promptsAreComparedTokenByToken() {
    SequenceSnapshot snapshot = snapshot(20, 30);
    int[] prompt = snapshot.tokens();
    snapshot.checkPrompt(prompt);
    assertThatThrownBy(() -> snapshot.checkPrompt(Arrays.copyOf(prompt, 19)))
        .hasMessageContaining("one more at least");
    int[] other = prompt.clone();
    other[18]++;
    assertThatThrownBy(() -> snapshot.checkPrompt(other)).hasMessageContaining("position 18");
    int[] next = prompt.clone();
    next[19]++;
    snapshot.checkPrompt(next);
  }
}
