package dev.switchboard.proto.lane;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Memory that two processes of one host map: a file of the system's memory file system, there only
 * until the other side has opened it, so that nothing stays behind when both end. Unmapped when it
 * is no longer reachable: a thread may still be reading what another has given up.
 */
public final class SharedMemory {
  private static final Path FOLDER = Path.of("/dev/shm");
  private static final String PREFIX = "switchboard-";

  private final Path file;
  private final MemorySegment segment;

  private SharedMemory(Path file, MemorySegment segment) {
    this.file = file;
    this.segment = segment;
  }

  /** Whether this system has a memory file system where it is looked for. */
  public static boolean available() {
    return Files.isWritable(FOLDER);
  }

  /**
   * New memory, all of it there: touching it later cannot fail for want of room.
   *
   * @throws IOException naming the file, if there is no room for it
   */
  public static SharedMemory create(long bytes) throws IOException {
    FileStore store = Files.getFileStore(FOLDER);
    if (store.getUsableSpace() / 2 < bytes) {
      throw new IOException(
          "%s has %d bytes left, %d are wanted and as many must stay free"
              .formatted(FOLDER, store.getUsableSpace(), bytes));
    }
    Path file =
        Files.createTempFile(
            FOLDER,
            PREFIX,
            ".lane",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
      for (long left = bytes; left > 0; ) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), left));
        left -= channel.write(zeros);
      }
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
    return map(file, bytes);
  }

  /**
   * Opens what another process of this user has made.
   *
   * @throws IOException if the file is not such memory
   */
  public static SharedMemory open(Path file, long bytes) throws IOException {
    Path name = file.getFileName();
    boolean ours =
        FOLDER.equals(file.getParent()) && name != null && name.toString().startsWith(PREFIX);
    if (!ours
        || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        || Files.size(file) != bytes) {
      throw new IOException(
          "%s is no file of %d bytes that a process of ours has made in %s"
              .formatted(file, bytes, FOLDER));
    }
    return map(file, bytes);
  }

  private static SharedMemory map(Path file, long bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return new SharedMemory(
          file, channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, Arena.ofAuto()));
    }
  }

  /** Where the other side finds it. */
  public Path file() {
    return file;
  }

  public MemorySegment segment() {
    return segment;
  }

  /** Removes the name; whoever has mapped the memory keeps it. */
  public void unlink() throws IOException {
    Files.deleteIfExists(file);
  }
}
