package dev.switchboard.model.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilePagesTest {
  private static final int BYTES = 8 << 20;
  private static final int HEAD = 4096;

  @TempDir Path folder;

  private final byte[] content = new byte[HEAD + BYTES];

  FilePagesTest() {
    new Random(3).nextBytes(content);
  }

  @Test
  void pagesGoAndComeBackWithTheSameBytes() throws Exception {
    assumeTrue(Files.isReadable(Path.of("/proc/self/smaps")), "Linux says what is resident");
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = map(arena, MapMode.READ_ONLY);
      FilePages.bring(data);
      assertThat(resident(data)).as("all is there").isGreaterThanOrEqualTo(BYTES);

      assertThat(FilePages.giveBack(data)).isTrue();
      assertThat(resident(data)).as("all is given back").isLessThanOrEqualTo(2 * HEAD);

      assertThat(bytes(data)).isEqualTo(Arrays.copyOfRange(content, HEAD, content.length));
      assertThat(resident(data)).as("reading brings it in").isGreaterThanOrEqualTo(BYTES);
      FilePages.giveBack(data);
      FilePages.bring(data);
      assertThat(resident(data)).as("so does asking for it").isGreaterThanOrEqualTo(BYTES);
    }
  }

  @Test
  void nothingIsGivenBackThatOnlyThisProcessHas() throws Exception {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment own = arena.allocate(BYTES);
      own.asByteBuffer().put(content, 0, BYTES);
      MemorySegment written = map(arena, MapMode.PRIVATE);
      written.set(ValueLayout.JAVA_BYTE, 7, (byte) 9);
      MemorySegment heap = MemorySegment.ofArray(content);
      for (MemorySegment segment : List.of(own, written, heap)) {
        byte[] before = bytes(segment);
        assertThat(FilePages.canGiveBack(segment)).isFalse();
        assertThat(FilePages.giveBack(segment)).isFalse();
        FilePages.bring(segment);
        assertThat(bytes(segment)).isEqualTo(before);
      }
      MemorySegment nothing = map(arena, MapMode.READ_ONLY).asSlice(10, 0);
      assertThat(FilePages.giveBack(nothing)).isFalse();
      FilePages.bring(nothing);
    }
  }

  private MemorySegment map(Arena arena, MapMode mode) throws IOException {
    Path file = folder.resolve("data");
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(content), 0);
      return channel.map(mode, 0, content.length, arena).asSlice(HEAD);
    }
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  /** Bytes in memory of the mapping that a segment lies in. */
  private static long resident(MemorySegment segment) throws IOException {
    boolean here = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      int dash = line.indexOf('-');
      if (dash > 0 && line.substring(0, dash).matches("[0-9a-f]+")) {
        long from = Long.parseUnsignedLong(line.substring(0, dash), 16);
        long to = Long.parseUnsignedLong(line.substring(dash + 1, line.indexOf(' ')), 16);
        here = segment.address() >= from && segment.address() < to;
      } else if (here && line.startsWith("Rss:")) {
        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new AssertionError("not mapped");
  }
}
