package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.Packing;
import dev.switchboard.model.kernel.Packing.PanelMaker;
import dev.switchboard.model.memory.Pace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** One packed matrix in a file: {@link PackHeader}, then its bytes. */
final class PackFile {
  static final String SUFFIX = ".pack";
  static final String TEMPORARY = ".tmp";

  private static final int HUGE_PAGE_BYTES = 2 << 20;

  private PackFile() {}

  /**
   * The matrix's bytes, compared with their checksum. Empty if there is no such file.
   *
   * @param bytes that it must have
   * @param memory maps it or copies it
   * @throws PackFileException if it is damaged, another's or of another length
   */
  static Optional<MemorySegment> open(Path path, String origin, long bytes, PackMemory memory)
      throws IOException, PackFileException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      PackHeader header = header(channel);
      if (!header.origin().equals(origin)) {
        throw new PackFileException("it holds %s; expected %s".formatted(header.origin(), origin));
      }
      if (header.dataBytes() != bytes) {
        throw new PackFileException(
            "it holds %s bytes; expected %s".formatted(header.dataBytes(), bytes));
      }
      MemorySegment data = memory.load(channel, PackHeader.BYTES, bytes);
      check(channel, header, data);
      return Optional.of(data);
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  /** Compares a whole file with its checksums. */
  static PackHeader verify(Path path) throws IOException, PackFileException {
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      PackHeader header = header(channel);
      check(
          channel,
          header,
          channel.map(MapMode.READ_ONLY, PackHeader.BYTES, header.dataBytes(), arena));
      return header;
    }
  }

  private static PackHeader header(FileChannel channel) throws IOException, PackFileException {
    ByteBuffer head = ByteBuffer.allocate(PackHeader.BYTES);
    while (head.hasRemaining()) {
      if (channel.read(head, head.position()) < 0) {
        throw new PackFileException("it ends within its header, after " + head.position());
      }
    }
    PackHeader header = PackHeader.decode(head.flip());
    checkSize(channel, header);
    return header;
  }

  /** Before anything is mapped: what lies beyond a file's end must not be touched. */
  private static void checkSize(FileChannel channel, PackHeader header)
      throws IOException, PackFileException {
    long size = channel.size();
    if (header.dataBytes() < 0 || size - PackHeader.BYTES != header.dataBytes()) {
      throw new PackFileException(
          "it has %s bytes; expected %s and a header of %s"
              .formatted(size, header.dataBytes(), PackHeader.BYTES));
    }
  }

  private static void check(FileChannel channel, PackHeader header, MemorySegment data)
      throws IOException, PackFileException {
    if (PackChecksum.ofRead(data) != header.checksum()) {
      throw new PackFileException("its bytes do not have its checksum");
    }
    checkSize(channel, header);
  }

  /**
   * Packs into a file, which appears when it is whole. Bytes are written, never stored into a
   * mapping: a full disk is an exception then, not a signal.
   *
   * @throws IOException if it cannot be written; nothing is left of it
   */
  static void write(Path path, String origin, Packing packing) throws IOException {
    Path temporary =
        path.resolveSibling(
            ".%s.%s%s".formatted(path.getFileName(), ProcessHandle.current().pid(), TEMPORARY));
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        long bytes = packing.shape().bytes();
        fill(channel, PackHeader.BYTES + bytes);
        writePanels(channel, packing);
        try (Arena arena = Arena.ofShared()) {
          MemorySegment data = channel.map(MapMode.READ_ONLY, PackHeader.BYTES, bytes, arena);
          writeAll(channel, new PackHeader(origin, bytes, PackChecksum.of(data)).encode(), 0);
        }
      }
      readOnly(temporary);
      Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Takes the file's room, in whole huge pages: the system keeps in one piece what is first written
   * in one, and maps it as such (measured: 5 % more bandwidth).
   */
  private static void fill(FileChannel channel, long bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer zeros = arena.allocate(HUGE_PAGE_BYTES).asByteBuffer();
      for (long at = 0; at < bytes; at += HUGE_PAGE_BYTES) {
        int some = (int) Math.min(HUGE_PAGE_BYTES, bytes - at);
        writeAll(channel, zeros.clear().limit(some), at);
        Pace.current().worked(0);
      }
    }
  }

  private static void writePanels(FileChannel channel, Packing packing) throws IOException {
    long panelBytes = packing.shape().panelBytes();
    try {
      packing.pack((first, panels, maker) ->
          writePiece(channel, first * panelBytes, panels, panelBytes, maker, first));
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  // size: the parts of a piece
  private static void writePiece(
      FileChannel channel, long at, int panels, long panelBytes, PanelMaker maker, int first) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(panels * panelBytes, 64);
      for (int i = 0; i < panels; i++) {
        maker.make(first + i, piece, i * panelBytes);
      }
      writeAll(channel, piece.asByteBuffer(), PackHeader.BYTES + at);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** So that nobody cuts by accident what others have mapped. */
  private static void readOnly(Path path) throws IOException {
    try {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--r--r--"));
    } catch (UnsupportedOperationException notPosix) {
      // The file is as good without.
    }
  }
}
