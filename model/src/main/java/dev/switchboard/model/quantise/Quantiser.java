package dev.switchboard.model.quantise;

import dev.switchboard.model.checkpoint.BFloat16;
import dev.switchboard.model.checkpoint.DType;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Rounds F32 values to a stored type. Methods of the block types are those of ggml's reference
 * quantisation without importances, and give its bytes; the arithmetic is plain F32.
 */
public final class Quantiser {
  /** The types that can be made. */
  public static final Set<DType> TYPES =
      Collections.unmodifiableSet(
          EnumSet.of(
              DType.F32,
              DType.F16,
              DType.BF16,
              DType.Q4_0,
              DType.Q4_1,
              DType.Q5_0,
              DType.Q5_1,
              DType.Q8_0,
              DType.Q4_K,
              DType.Q5_K,
              DType.Q6_K));

  private Quantiser() {}

  /**
   * Rounds neighbouring elements of a row.
   *
   * @param in finite values, from {@code from}
   * @param elements how many; whole blocks of the type
   * @param out receives {@code dtype.bytes(elements)} bytes from {@code to}
   * @throws ArithmeticException if a value is too large for the type
   * @throws IllegalArgumentException for a part of a block or a type that is not made
   */
  // size: the contract of the callers, who walk rows in large arrays.
  public static void row(DType dtype, float[] in, int from, int elements, byte[] out, int to) {
    dtype.bytes(elements);
    int blockBytes = dtype.blockBytes();
    int blockElements = dtype.blockElements();
    int at = to;
    for (int i = from; i < from + elements; i += blockElements, at += blockBytes) {
      switch (dtype) {
        case F32 -> Bits.whole(out, at, Float.floatToRawIntBits(in[i]));
        case F16 -> Bits.half(out, at, in[i]);
        case BF16 -> Bits.shorts(out, at, BFloat16.fromFloat(in[i]));
        case Q4_0 -> SmallQuants.q4(in, i, out, at);
        case Q4_1 -> SmallQuants.q4WithMinimum(in, i, out, at);
        case Q5_0 -> SmallQuants.q5(in, i, out, at);
        case Q5_1 -> SmallQuants.q5WithMinimum(in, i, out, at);
        case Q8_0 -> SmallQuants.q8(in, i, out, at);
        case Q4_K -> SuperQuants.q4(in, i, out, at);
        case Q5_K -> SuperQuants.q5(in, i, out, at);
        case Q6_K -> SuperQuants.q6(in, i, out, at);
        default -> throw new IllegalArgumentException(dtype + " is not made; known are " + TYPES);
      }
    }
  }
}
