package dev.switchboard.model.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Stored numbers as F32. Exact for types that store each element by itself; block types give the
 * bits of ggml's reference ({@code dequantize} of Python's {@code gguf}): each product and sum is
 * rounded once, in that order.
 */
public final class Widen {
  /** The types that can be widened. */
  public static final Set<DType> TYPES = types();

  private Widen() {}

  /**
   * Widens neighbouring elements.
   *
   * @param data where they are stored, from {@code byteOffset}, which is the start of a block
   * @param out receives {@code elements} values from {@code outOffset}
   * @param elements how many; whole blocks
   * @throws IllegalArgumentException for a part of a block or a type that is no float
   * @throws IndexOutOfBoundsException beyond the end of {@code data} or {@code out}
   */
  // size: the contract of the callers, who walk rows of one tensor.
  public static void row(
      DType dtype, MemorySegment data, long byteOffset, float[] out, int outOffset, int elements) {
    MemorySegment in = data.asSlice(byteOffset, dtype.bytes(elements));
    switch (dtype) {
      case F32 -> MemorySegment.copy(in, Tensor.FLOAT, 0, out, outOffset, elements);
      case F16 -> {
        for (int i = 0; i < elements; i++) {
          out[outOffset + i] = Float.float16ToFloat(in.get(Tensor.SHORT, 2L * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < elements; i++) {
          out[outOffset + i] = BFloat16.toFloat(in.get(Tensor.SHORT, 2L * i));
        }
      }
      case F8_E4M3 -> {
        for (int i = 0; i < elements; i++) {
          out[outOffset + i] = Float8.fromE4m3(in.get(JAVA_BYTE, i));
        }
      }
      case F8_E5M2 -> {
        for (int i = 0; i < elements; i++) {
          out[outOffset + i] = Float8.fromE5m2(in.get(JAVA_BYTE, i));
        }
      }
      default -> blocks(dtype, in, out, outOffset);
    }
  }

  private static Set<DType> types() {
    EnumSet<DType> types =
        EnumSet.of(DType.F32, DType.F16, DType.BF16, DType.F8_E4M3, DType.F8_E5M2);
    Arrays.stream(DType.values()).filter(DType::isBlock).forEach(types::add);
    return Collections.unmodifiableSet(types);
  }

  private static void blocks(DType dtype, MemorySegment in, float[] out, int outOffset) {
    int elements = dtype.blockElements();
    int bytes = dtype.blockBytes();
    int to = outOffset;
    for (long at = 0; at < in.byteSize(); at += bytes, to += elements) {
      switch (dtype) {
        case Q4_0 -> SmallBlocks.q4(in, at, out, to);
        case Q4_1 -> SmallBlocks.q4WithMinimum(in, at, out, to);
        case Q5_0 -> SmallBlocks.q5(in, at, out, to);
        case Q5_1 -> SmallBlocks.q5WithMinimum(in, at, out, to);
        case Q8_0 -> SmallBlocks.q8(in, at, out, to);
        case MXFP4 -> SmallBlocks.mxfp4(in, at, out, to);
        case Q2_K -> SuperBlocks.q2(in, at, out, to);
        case Q3_K -> SuperBlocks.q3(in, at, out, to);
        case Q4_K -> SuperBlocks.q4(in, at, out, to);
        case Q5_K -> SuperBlocks.q5(in, at, out, to);
        case Q6_K -> SuperBlocks.q6(in, at, out, to);
        default -> throw new IllegalArgumentException(dtype + " is no float; known are " + TYPES);
      }
    }
  }
}
