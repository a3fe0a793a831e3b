package dev.switchboard.model.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The width of vectors in this process, chosen once: the widest the processor has, up to 512. */
final class VectorShape {
  static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.length() > 16
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  static final VectorSpecies<Short> SHORTS = FLOATS.withLanes(short.class);
  static final VectorSpecies<Byte> BYTES = FLOATS.withLanes(byte.class);
  static final int LANES = FLOATS.length();

  /** As many 16-bit values as there are lanes. */
  static final VectorSpecies<Short> HALVES = VectorSpecies.of(short.class, shape(16 * LANES));

  /** As many bytes as there are lanes, or more: the smallest vector has eight. */
  static final VectorSpecies<Byte> QUARTERS =
      VectorSpecies.of(byte.class, shape(Math.max(64, 8 * LANES)));

  /** Outputs of a panel that a register block covers: four vectors. */
  static final int BLOCK = 4 * LANES;

  /** From the low halves of a block's first vector of BF16 pairs to those of its second. */
  static final int PAIR_STEP = LANES == 16 ? 32 : LANES;

  private VectorShape() {}

  private static jdk.incubator.vector.VectorShape shape(int bits) {
    return jdk.incubator.vector.VectorShape.forBitSize(bits);
  }

  /** The width of a vector. */
  static int bits() {
    return FLOATS.vectorBitSize();
  }

  /** The kernels are written for 4, 8 and 16 lanes. */
  static boolean supported() {
    return LANES == 4 || LANES == 8 || LANES == 16;
  }
}
