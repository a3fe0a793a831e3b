package dev.switchboard.model.packcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.kernel.Packing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file is taken whole and undamaged, or not at all. */
class PackFileTest {
  @TempDir Path folder;

  private final Packing packing = new TestPacking().of(1);
  private Path path;

  @BeforeEach
  void write() throws IOException {
    path = folder.resolve("a.pack");
    PackFile.write(path, TestPacking.ORIGIN, packing);
  }

  @ParameterizedTest
  @EnumSource
  void comesBackAsItWasPacked(PackMemory memory) throws Exception {
    assertThat(open(memory).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(TestPacking.bytes(packing));
    assertThat(PackFile.verify(path).dataBytes()).isEqualTo(packing.shape().bytes());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).as("no temporary file is left").containsExactly(path);
    }
  }

  private MemorySegment open(PackMemory memory) throws IOException, PackFileException {
    return PackFile.open(path, TestPacking.ORIGIN, packing.shape().bytes(), memory).orElseThrow();
  }

  @Test
  void noFileIsNoMatrix() throws Exception {
    assertThat(PackFile.open(folder.resolve("b"), "x", 1, PackMemory.MAPPED)).isEmpty();
  }

  /** Magic, version, checksum, length of data, length of origin, origin, padding, its checksum. */
  @ParameterizedTest
  @ValueSource(ints = {0, 7, 8, 12, 16, 23, 24, 28, 60, 2000, 4092, 4095})
  void damageInTheHeaderIsNoticed(int offset) throws Exception {
    flip(offset);
    assertRefused();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 127, 128, 5000, -1})
  void damageInTheDataIsNoticed(long offset) throws Exception {
    long bytes = packing.shape().bytes();
    flip(PackHeader.BYTES + (offset < 0 ? bytes + offset : offset));
    assertRefused();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 27, 4095, 4096, 4097, 10_000, -1})
  void aCutFileIsNoticed(long length) throws Exception {
    cut(length < 0 ? Files.size(path) + length : length);
    assertRefused();
  }

  @Test
  void aFileThatGrewIsNoticed() throws Exception {
    writable();
    Files.write(path, new byte[1], StandardOpenOption.APPEND);
    assertRefused();
  }

  @Test
  void anotherMatrixIsNoticed() {
    assertThatThrownBy(
            () -> PackFile.open(path, "other", packing.shape().bytes(), PackMemory.MAPPED))
        .isInstanceOf(PackFileException.class)
        .hasMessageContaining("it holds " + TestPacking.ORIGIN + "; expected other");
  }

  @Test
  void anotherLengthIsNoticed() {
    assertThatThrownBy(() -> PackFile.open(path, TestPacking.ORIGIN, 64, PackMemory.MAPPED))
        .isInstanceOf(PackFileException.class)
        .hasMessageContaining("expected 64");
  }

  /** A sound header that promises more than any disk holds. */
  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, -1, 1L << 40})
  void anImpossibleLengthAllocatesNothing(long bytes) throws Exception {
    overwriteHeader(new PackHeader(TestPacking.ORIGIN, bytes, 0).encode());
    assertThatThrownBy(() -> PackFile.open(path, TestPacking.ORIGIN, bytes, PackMemory.COPIED))
        .isInstanceOf(PackFileException.class);
  }

  @Test
  void anotherLayoutIsNoticed() throws Exception {
    ByteBuffer header = new PackHeader(TestPacking.ORIGIN, packing.shape().bytes(), 0).encode();
    header.order(ByteOrder.LITTLE_ENDIAN).putInt(8, 999);
    header.putInt(4092, PackChecksum.crc(header.duplicate().position(0).limit(4092)));
    overwriteHeader(header.position(0));
    assertThatThrownBy(() -> open(PackMemory.MAPPED))
        .isInstanceOf(PackFileException.class)
        .hasMessageContaining("layout 999");
  }

  private void assertRefused() {
    for (PackMemory memory : PackMemory.values()) {
      assertThatThrownBy(() -> open(memory)).isInstanceOf(PackFileException.class);
    }
    assertThatThrownBy(() -> PackFile.verify(path)).isInstanceOf(PackFileException.class);
  }

  private void flip(long offset) throws IOException {
    writable();
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 0x10)).flip();
      channel.write(one, offset);
    }
  }

  private void cut(long length) throws IOException {
    writable();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }
  }

  private void overwriteHeader(ByteBuffer header) throws IOException {
    writable();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.write(header, 0);
    }
  }

  /** The files are read-only, so that this cannot happen by accident. */
  private void writable() {
    assertThat(path.toFile().setWritable(true)).isTrue();
  }
}
