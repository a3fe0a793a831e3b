package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;
import static dev.switchboard.model.kernel.VectorShape.QUARTERS;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Activations to codes: the twin of {@link ScalarCodes#quantise}. */
final class VectorQuantise {
  private static final int EXPONENT = 0x7f800000;

  /** Added to a small float, leaves it rounded half to even in the low bits: 3 * 2^22. */
  private static final float ROUNDER = 12582912f;

  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);

  private VectorQuantise() {}

  /**
   * Whether a vector of codes has as many bytes as there are codes: a wider one would write into
   * the next block, which may be another thread's.
   */
  private static final boolean FITS = QUARTERS.length() == LANES;

  /** Fills codes, scales and sums of some blocks of a row of {@code out}, whose shape is set. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void quantise(
      float[] x, int xOffset, ActivationCodes out, int row, int firstBlock, int blocks) {
    if (!FITS) {
      ScalarCodes.quantise(x, xOffset, out, row, firstBlock, blocks);
      return;
    }
    int block = out.block();
    int first = row * out.blocks() + firstBlock;
    for (int b = 0; b < blocks; b++) {
      int from = xOffset + b * block;
      int largest = largest(x, from, block);
      float amax = Float.intBitsToFloat(largest);
      int to = (first + b) * block;
      if (largest >= EXPONENT || amax < ScalarCodes.SMALLEST) {
        Arrays.fill(out.codes(), to, to + block, (byte) 0);
        out.scales()[first + b] = largest >= EXPONENT ? Float.NaN : 0f;
      } else {
        codes(x, from, ScalarCodes.CODES / amax, out.codes(), to, block);
        out.scales()[first + b] = amax / ScalarCodes.CODES;
      }
    }
    out.sum(first * block, blocks * block);
  }

  /** The bits of the largest magnitude: of magnitudes, bits and values have one order. */
  private static int largest(float[] x, int from, int n) {
    IntVector largest = IntVector.zero(INTS);
    for (int i = 0; i < n; i += LANES) {
      IntVector bits = FloatVector.fromArray(FLOATS, x, from + i).reinterpretAsInts();
      largest = largest.max(bits.and(Integer.MAX_VALUE));
    }
    return largest.reduceLanes(VectorOperators.MAX);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void codes(float[] x, int from, float inverse, byte[] codes, int to, int n) {
    for (int i = 0; i < n; i += LANES) {
      IntVector code =
          FloatVector.fromArray(FLOATS, x, from + i)
              .mul(inverse)
              .add(ROUNDER)
              .reinterpretAsInts()
              .sub(ROUNDER_BITS);
      ((ByteVector) code.convertShape(VectorOperators.I2B, QUARTERS, 0)).intoArray(codes, to + i);
    }
  }
}
