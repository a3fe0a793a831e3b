package dev.switchboard.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/**
 * Checksums that tell tensors apart without reading all of a large one: CRC-32C of the whole up to
 * 1 MiB; beyond that of 16 evenly spaced pieces of 4 KiB, the first and the last bytes among them.
 */
public final class TensorSamples {
  static final long WHOLE_BYTES = 1 << 20;
  static final int PIECES = 16;
  static final int PIECE_BYTES = 4096;

  private TensorSamples() {}

  /** The checksum; pages of a mapped file that were looked at are given back. */
  public static int crc32c(Tensor tensor) {
    MemorySegment data = tensor.data();
    CRC32C crc = new CRC32C();
    if (data.byteSize() <= WHOLE_BYTES) {
      MappedPages.load(data);
      crc.update(data.asByteBuffer());
    } else {
      long last = data.byteSize() - PIECE_BYTES;
      for (int piece = 0; piece < PIECES; piece++) {
        MemorySegment sample = data.asSlice(last * piece / (PIECES - 1), PIECE_BYTES);
        MappedPages.load(sample);
        crc.update(sample.asByteBuffer());
      }
    }
    tensor.release(0, tensor.elements());
    return (int) crc.getValue();
  }
}
