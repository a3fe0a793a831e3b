package dev.switchboard.model.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Finds NaN and infinity in stored floats, and in the scales of block types. Floats are looked at
 * eight bytes at a time: an exponent of ones plus one carries into the place of the masked sign,
 * and nowhere else.
 */
final class NonFinite {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int HALF_EXPONENT = 0x7c00;

  private NonFinite() {}

  /** Whether weights that are not finite shall be let through. */
  static boolean allowed() {
    return "allow".equals(System.getProperty("switchboard.weights.nonfinite"));
  }

  /**
   * Index of the first element that is not finite (of a block type, the first of a block whose
   * scales are not), or -1; dtypes without such values have none.
   *
   * @param first where to begin, at the start of a block
   * @param elements how many to look at; whole blocks
   */
  static long firstIn(Tensor tensor, long first, long elements) {
    DType dtype = tensor.dtype();
    MemorySegment data = tensor.data().asSlice(tensor.byteOffset(first), dtype.bytes(elements));
    long found =
        switch (dtype) {
          case F32 -> first(dtype, data, 0x7f80_0000_7f80_0000L, 0x0080_0000_0080_0000L);
          case BF16 -> first(dtype, data, 0x7f80_7f80_7f80_7f80L, 0x0080_0080_0080_0080L);
          case F16 -> first(dtype, data, 0x7c00_7c00_7c00_7c00L, 0x0400_0400_0400_0400L);
          // One of 0x7f plus one carries into the sign, and only there.
          case F8_E4M3 -> first(dtype, data, 0x7f7f_7f7f_7f7f_7f7fL, 0x0101_0101_0101_0101L);
          case F8_E5M2 -> first(dtype, data, 0x7c7c_7c7c_7c7c_7c7cL, 0x0404_0404_0404_0404L);
          case Q4_0, Q5_0, Q8_0 -> firstScale(dtype, data, 0, 0);
          case Q4_1, Q5_1, Q4_K, Q5_K -> firstScale(dtype, data, 0, 2);
          case Q2_K -> firstScale(dtype, data, 80, 82);
          case Q3_K -> firstScale(dtype, data, 108, 108);
          case Q6_K -> firstScale(dtype, data, 208, 208);
          case MXFP4 -> firstPower(data);
          default -> -1;
        };
    return found < 0 ? -1 : first + found;
  }

  /** The same for scales that are powers of two, a byte each: index of the first bad one, or -1. */
  static long firstPowerIn(Tensor tensor, long first, long count) {
    for (long i = first; i < first + count; i++) {
      if ((tensor.data().get(JAVA_BYTE, i) & 0xff) > Mxfp4.MAX_SCALE) {
        return i;
      }
    }
    return -1;
  }

  private static long first(DType dtype, MemorySegment data, long exponents, long one) {
    long words = data.byteSize() / 8;
    long seen = 0;
    for (long i = 0; i < words; i++) {
      seen |= (data.get(LONG, 8 * i) & exponents) + one;
    }
    long signs = ~exponents & (exponents + one);
    long tail = words * 8 / dtype.elementBytes();
    return locate(dtype, data, (seen & signs) == 0 ? tail : 0);
  }

  private static long locate(DType dtype, MemorySegment data, long from) {
    float[] value = new float[1];
    for (long i = from; i < data.byteSize() / dtype.elementBytes(); i++) {
      Widen.row(dtype, data, i * dtype.elementBytes(), value, 0, 1);
      if (!Float.isFinite(value[0])) {
        return i;
      }
    }
    return -1;
  }

  /** Looks at one or two F16 of each block. */
  private static long firstScale(DType dtype, MemorySegment data, int scale, int other) {
    int bytes = dtype.blockBytes();
    long blocks = data.byteSize() / bytes;
    for (long block = 0; block < blocks; block++) {
      int one = data.get(Tensor.SHORT, block * bytes + scale);
      int two = data.get(Tensor.SHORT, block * bytes + other);
      if ((one & HALF_EXPONENT) == HALF_EXPONENT || (two & HALF_EXPONENT) == HALF_EXPONENT) {
        return block * dtype.blockElements();
      }
    }
    return -1;
  }

  private static long firstPower(MemorySegment data) {
    int bytes = DType.MXFP4.blockBytes();
    for (long at = 0; at < data.byteSize(); at += bytes) {
      if ((data.get(JAVA_BYTE, at) & 0xff) > Mxfp4.MAX_SCALE) {
        return at / bytes * DType.MXFP4.blockElements();
      }
    }
    return -1;
  }
}
