package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.HALVES;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;
import static dev.switchboard.model.kernel.VectorShape.QUARTERS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** The heads of blocks, as tables with one row of 64 a block or sub-block. */
final class VectorScales {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  private VectorScales() {}

  /** Four to sixteen F16 values at {@code at}, widened exactly as {@link VectorF16Blocks} does. */
  static FloatVector half(MemorySegment data, long at) {
    IntVector v =
        (IntVector)
            ShortVector.fromMemorySegment(HALVES, data, at, LITTLE)
                .convertShape(VectorOperators.S2I, INTS, 0);
    FloatVector raised =
        v.lanewise(VectorOperators.LSHL, 13)
            .and(VectorF16Blocks.MAGNITUDE)
            .or(VectorF16Blocks.RAISED)
            .reinterpretAsFloats();
    return raised
        .mul(VectorF16Blocks.NORMAL)
        .reinterpretAsInts()
        .min(
            raised
                .fma(
                    FloatVector.broadcast(FLOATS, VectorF16Blocks.SUBNORMAL),
                    FloatVector.broadcast(FLOATS, VectorF16Blocks.ONE))
                .reinterpretAsInts())
        .or(v.and(VectorF16Blocks.SIGN))
        .reinterpretAsFloats();
  }

  /** Rows of 64 F16 values, {@code stride} bytes apart. */
  static void halves(MemorySegment data, long at, int stride, int count, float[] out) {
    for (int b = 0; b < count; b++) {
      for (int c = 0; c < PANEL; c += LANES) {
        half(data, at + (long) b * stride + 2 * c).intoArray(out, b * PANEL + c);
      }
    }
  }

  /** Rows of 64 exponents, {@code stride} bytes apart, as halves of their powers of two. */
  static void exponents(MemorySegment data, long at, int stride, int count, float[] out) {
    for (int b = 0; b < count; b++) {
      for (int c = 0; c < PANEL; c += LANES) {
        IntVector e =
            (IntVector)
                ByteVector.fromMemorySegment(QUARTERS, data, at + (long) b * stride + c, LITTLE)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        // Of the two smallest, 2^-128 and 2^-127, the halves are subnormal.
        IntVector small = e.add(1).lanewise(VectorOperators.LSHL, 21);
        e.sub(1)
            .lanewise(VectorOperators.LSHL, 23)
            .blend(small, e.compare(VectorOperators.LT, 2))
            .reinterpretAsFloats()
            .intoArray(out, b * PANEL + c);
      }
    }
  }

  /**
   * The bytes of sub-blocks, from lines of {@code [16 rows][4 sub-blocks]}.
   *
   * @param from where in a byte the value begins; it goes to the byte's end
   * @param bits how many it has; 8: signed
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void subs(MemorySegment data, long at, int subs, int from, int bits, int[] out) {
    int signed = bits == 8 ? -1 : (1 << bits) - 1;
    for (int s = 0; s < subs; s++) {
      long line = at + s / 4 * (4L * PANEL);
      int left = 32 - 8 * (s % 4) - from - bits;
      for (int c = 0; c < PANEL; c += LANES) {
        IntVector.fromMemorySegment(INTS, data, line + 4L * c, LITTLE)
            .lanewise(VectorOperators.LSHL, left)
            .lanewise(VectorOperators.ASHR, 32 - bits)
            .and(signed)
            .intoArray(out, s * PANEL + c);
      }
    }
  }

  /** out[s][64] = scale[64] * subs[s][64], each product rounded. */
  static void products(float[] scale, int[] subs, int count, boolean negated, float[] out) {
    float sign = negated ? -1f : 1f;
    for (int c = 0; c < PANEL; c += LANES) {
      FloatVector factor = FloatVector.fromArray(FLOATS, scale, c).mul(sign);
      for (int s = 0; s < count; s++) {
        int at = s * PANEL + c;
        ((FloatVector) IntVector.fromArray(INTS, subs, at).convert(VectorOperators.I2F, 0))
            .mul(factor)
            .intoArray(out, at);
      }
    }
  }

  /** out = ints, as floats: {@code [count][64]}. */
  static void floats(int[] ints, int count, float[] out) {
    for (int i = 0; i < count * PANEL; i += LANES) {
      ((FloatVector) IntVector.fromArray(INTS, ints, i).convert(VectorOperators.I2F, 0))
          .intoArray(out, i);
    }
  }
}
