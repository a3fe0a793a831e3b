package dev.switchboard.model.packcache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Locks between the processes that use a folder: byte ranges of one file, which the system gives
 * back when a process dies. Within a process, monitors.
 */
final class PackLocks {
  static final String FILE = "lock";

  /** A process that was stopped in the middle of a matrix must not hold up all others. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final long ASK_AGAIN_NANOS = 3_000_000;

  /** Shared by all folders: two instances in one process may use the same. */
  private static final Object[] MONITORS = monitors(1024);

  private final Path file;
  private final long patienceNanos;
  private @Nullable FileChannel channel;

  PackLocks(Path folder) {
    this(folder, PATIENCE);
  }

  PackLocks(Path folder, Duration patience) {
    this.file = folder.resolve(FILE);
    this.patienceNanos = patience.toNanos();
  }

  /** What is done while the lock is held. */
  interface Body<T> {
    T run() throws IOException;
  }

  /**
   * Runs it when no other thread or process is at the same path.
   *
   * @throws IOException what it throws; or if another process keeps the lock too long
   */
  <T> T holding(Path path, Body<T> body) throws IOException {
    int stripe = Math.floorMod(path.getFileName().hashCode(), MONITORS.length);
    synchronized (MONITORS[stripe]) {
      try (FileLock lock = lock(stripe)) {
        return body.run();
      }
    }
  }

  private FileLock lock(int stripe) throws IOException {
    FileChannel file = channel();
    long end = System.nanoTime() + patienceNanos;
    while (true) {
      FileLock lock = tryLock(file, stripe);
      if (lock != null) {
        return lock;
      }
      if (System.nanoTime() - end >= 0) {
        throw new IOException("another process has been holding a lock of " + this.file);
      }
      LockSupport.parkNanos(ASK_AGAIN_NANOS);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel file, int stripe) throws IOException {
    try {
      return file.tryLock(stripe, 1, false);
    } catch (OverlappingFileLockException held) {
      return null;
    }
  }

  private synchronized FileChannel channel() throws IOException {
    if (channel == null) {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
    return channel;
  }

  private static Object[] monitors(int count) {
    Object[] monitors = new Object[count];
    for (int i = 0; i < count; i++) {
      monitors[i] = new Object();
    }
    return monitors;
  }
}
