package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Packing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The packed matrices of one model, in one folder. Several processes may use it at once: who packs
 * a matrix holds its lock, and who wanted the same one finds it there afterwards. When a file
 * cannot be written, that is said once, and nothing more is written.
 */
final class PackFolder implements PackStore {
  private static final Logger LOG = LoggerFactory.getLogger(PackFolder.class);

  /** Room that is left on the disk for others. */
  private static final long SPARE_BYTES = 1L << 30;

  private static final int NAME_BYTES = 16;

  private final Path folder;
  private final PackMemory memory;
  private final long leastBytes;
  private final long spareBytes;
  private final PackLocks locks;
  private final AtomicBoolean writes;
  private final AtomicLong bytesFound = new AtomicLong();

  /**
   * @param writes whether new files may be added
   */
  PackFolder(Path folder, PackOptions options, boolean writes) {
    this(folder, options, writes, SPARE_BYTES);
  }

  PackFolder(Path folder, PackOptions options, boolean writes, long spareBytes) {
    this.folder = folder;
    this.memory = options.memory();
    this.leastBytes = options.leastMatrixBytes();
    this.spareBytes = spareBytes;
    this.locks = new PackLocks(folder);
    this.writes = new AtomicBoolean(writes);
  }

  Path folder() {
    return folder;
  }

  @Override
  public PackedMatrix matrix(String origin, Packing packing) {
    String whole = origin + " as " + packing.shape();
    if (origin.isEmpty() || packing.shape().bytes() < leastBytes || !PackHeader.fits(whole)) {
      return PackStore.IN_MEMORY.matrix(origin, packing);
    }
    Path path = folder.resolve(nameOf(whole) + PackFile.SUFFIX);
    MemorySegment data = found(path, whole, packing).orElse(null);
    if (data == null && writes.get()) {
      data = written(path, whole, packing).orElse(null);
    }
    return data == null ? PackStore.IN_MEMORY.matrix(origin, packing) : packing.over(data);
  }

  @Override
  public long bytesFound() {
    return bytesFound.get();
  }

  private Optional<MemorySegment> found(Path path, String origin, Packing packing) {
    long bytes = packing.shape().bytes();
    try {
      Optional<MemorySegment> data = PackFile.open(path, origin, bytes, memory);
      data.ifPresent(there -> bytesFound.addAndGet(bytes));
      return data;
    } catch (PackFileException e) {
      LOG.warn("{}: {}; it is packed anew", path, e.getMessage());
      deleteQuietly(path);
    } catch (IOException e) {
      LOG.warn("{}: cannot be read: {}; it is packed in memory", path, e.toString());
    }
    return Optional.empty();
  }

  private Optional<MemorySegment> written(Path path, String origin, Packing packing) {
    try {
      return locks.holding(
          path,
          () -> {
            // Another process may have been quicker.
            if (!Files.exists(path)) {
              requireRoom(packing.shape().bytes());
              PackFile.write(path, origin, packing);
            }
            return found(path, origin, packing);
          });
    } catch (IOException e) {
      if (writes.getAndSet(false)) {
        LOG.warn(
            "{}: packed weights are not kept: {}; going on without, a start takes longer",
            folder,
            e.getMessage() == null ? e.toString() : e.getMessage());
      }
      return Optional.empty();
    }
  }

  private void requireRoom(long bytes) throws IOException {
    long room = Files.getFileStore(folder).getUsableSpace();
    if (room - spareBytes < bytes) {
      throw new IOException(
          "%s MB are free on its disk; a matrix needs %s MB, and %s MB shall stay free"
              .formatted(room >> 20, (bytes >> 20) + 1, spareBytes >> 20));
    }
  }

  private static void deleteQuietly(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.warn("{}: cannot be removed: {}", path, e.toString());
    }
  }

  static String nameOf(String origin) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(origin.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, NAME_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
