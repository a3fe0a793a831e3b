package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.Processors;
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

  static int of(MemorySegment data) {
    int granules = Math.toIntExact(Math.ceilDiv(data.byteSize(), GRANULE_BYTES));
    ByteBuffer sums = ByteBuffer.allocate(granules * Integer.BYTES);
    Processors.forEach(
        granules,
        i -> {
          long at = i * GRANULE_BYTES;
          long bytes = Math.min(GRANULE_BYTES, data.byteSize() - at);
          sums.putInt(i * Integer.BYTES, crc(data.asSlice(at, bytes).asByteBuffer()));
        });
    return crc(sums);
  }

  static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
