package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.Processors;
import dev.switchboard.model.memory.Pace;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC-32C over the CRC-32C of each MiB: one number, made by several threads. About as fast as
 * memory is read, so that whole files can be checked at every start.
 */
final class PackChecksum {
  private static final long GRANULE_BYTES = 1 << 20;

  private PackChecksum() {}

  /** Of what this process has just written. */
  static int of(MemorySegment data) {
    return of(data, false);
  }

  /** Of what comes from a file by it. */
  static int ofRead(MemorySegment data) {
    return of(data, true);
  }

  private static int of(MemorySegment data, boolean read) {
    int granules = Math.toIntExact(Math.ceilDiv(data.byteSize(), GRANULE_BYTES));
    ByteBuffer sums = ByteBuffer.allocate(granules * Integer.BYTES);
    Pace pace = Pace.current();
    Processors.forEach(
        granules,
        i -> {
          long at = i * GRANULE_BYTES;
          long bytes = Math.min(GRANULE_BYTES, data.byteSize() - at);
          sums.putInt(i * Integer.BYTES, crc(data.asSlice(at, bytes).asByteBuffer()));
          pace.worked(read ? bytes : 0);
        });
    return crc(sums);
  }

  static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
