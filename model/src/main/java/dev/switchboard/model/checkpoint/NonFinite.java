package dev.switchboard.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Finds NaN and infinity in stored floats. Eight bytes at a time: an exponent of ones plus one
 * carries into the place of the masked sign, and nowhere else.
 */
final class NonFinite {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private NonFinite() {}

  /** Index of the first element that is not finite, or -1; dtypes without such values have none. */
  static long firstIn(Tensor tensor) {
    return switch (tensor.dtype()) {
      case F32 -> first(tensor, 0x7f80_0000_7f80_0000L, 0x0080_0000_0080_0000L);
      case BF16 -> first(tensor, 0x7f80_7f80_7f80_7f80L, 0x0080_0080_0080_0080L);
      case F16 -> first(tensor, 0x7c00_7c00_7c00_7c00L, 0x0400_0400_0400_0400L);
      default -> -1;
    };
  }

  private static long first(Tensor tensor, long exponents, long one) {
    MemorySegment data = tensor.data();
    long words = data.byteSize() / 8;
    long seen = 0;
    for (long i = 0; i < words; i++) {
      seen |= (data.get(LONG, 8 * i) & exponents) + one;
    }
    long signs = ~exponents & ((exponents + one));
    int elementBytes = tensor.dtype().elementBytes();
    long tail = words * 8 / elementBytes;
    return locate(tensor, (seen & signs) == 0 ? tail : 0);
  }

  private static long locate(Tensor tensor, long from) {
    for (long i = from; i < tensor.elements(); i++) {
      if (!Float.isFinite(element(tensor, i))) {
        return i;
      }
    }
    return -1;
  }

  private static float element(Tensor tensor, long i) {
    MemorySegment data = tensor.data();
    return switch (tensor.dtype()) {
      case F32 -> data.get(Tensor.FLOAT, 4 * i);
      case BF16 -> BFloat16.toFloat(data.get(Tensor.SHORT, 2 * i));
      default -> Float.float16ToFloat(data.get(Tensor.SHORT, 2 * i));
    };
  }
}
