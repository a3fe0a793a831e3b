package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;
import static dev.switchboard.model.kernel.VectorShape.QUARTERS;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Weights that are not floats, as a tile of floats for the F32 blocks: exact. */
final class VectorWidening {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  private VectorWidening() {}

  /** Columns {@code k} to {@code k + depth} of a panel; k is a multiple of the tile's width. */
  static void tile(PackedMatrix w, int panel, int k, int depth, TileScratch tiles) {
    if (w.format() == Format.F16) {
      halves(w.data(), w.offset(panel, k), depth, tiles.floats);
    } else if (w.format() == Format.F8_E4M3) {
      for (int c = 0; c < depth; ) {
        int same = w.scaleColumns() - (k + c) % w.scaleColumns();
        int columns = Math.min(same, depth - c);
        long scales = w.scaleOffset(panel, k + c);
        eights(w.data(), w.offset(panel, k + c), scales, columns, tiles.floats, 4L * c * PANEL);
        c += columns;
      }
    } else {
      BlockLayout layout = BlockLayout.of(w.format());
      int block = k / layout.elements();
      int blocks = depth / layout.elements();
      VectorTiles.weights(layout, w.data(), w.blockOffset(panel, block), blocks, tiles);
    }
  }

  /** F16 in pair order, as {@link VectorF16Blocks} widens it. */
  private static void halves(MemorySegment data, long at, int columns, MemorySegment tile) {
    FloatVector subnormal = FloatVector.broadcast(FLOATS, VectorF16Blocks.SUBNORMAL);
    FloatVector one = FloatVector.broadcast(FLOATS, VectorF16Blocks.ONE);
    for (int i = 0; i < columns * PANEL; i += 32) {
      for (int c = 0; c < 16; c += LANES) {
        IntVector both = IntVector.fromMemorySegment(INTS, data, at + 2L * i + 4L * c, LITTLE);
        FloatVector low =
            both.lanewise(VectorOperators.LSHL, 13)
                .and(VectorF16Blocks.MAGNITUDE)
                .or(VectorF16Blocks.RAISED)
                .reinterpretAsFloats();
        FloatVector high =
            both.lanewise(VectorOperators.LSHR, 3)
                .and(VectorF16Blocks.MAGNITUDE)
                .or(VectorF16Blocks.RAISED)
                .reinterpretAsFloats();
        low.mul(VectorF16Blocks.NORMAL)
            .reinterpretAsInts()
            .min(low.fma(subnormal, one).reinterpretAsInts())
            .or(both.lanewise(VectorOperators.LSHL, 16).and(VectorF16Blocks.SIGN))
            .intoMemorySegment(tile, 4L * (i + c), LITTLE);
        high.mul(VectorF16Blocks.NORMAL)
            .reinterpretAsInts()
            .min(high.fma(subnormal, one).reinterpretAsInts())
            .or(both.and(VectorF16Blocks.SIGN))
            .intoMemorySegment(tile, 4L * (i + 16 + c), LITTLE);
      }
    }
  }

  /**
   * F8_E4M3 times scale. Eight and the mantissa, shifted left by the exponent less one, count units
   * of 2^-9; without the eight where the exponent is 0.
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void eights(
      MemorySegment data, long at, long scales, int columns, MemorySegment tile, long to) {
    for (int c = 0; c < PANEL; c += LANES) {
      FloatVector scale = FloatVector.fromMemorySegment(FLOATS, data, scales + 4L * c, LITTLE);
      for (int k = 0; k < columns; k++) {
        IntVector bits =
            (IntVector)
                ByteVector.fromMemorySegment(QUARTERS, data, at + (long) k * PANEL + c, LITTLE)
                    .convertShape(VectorOperators.B2I, INTS, 0);
        IntVector magnitude = bits.and(0x7f);
        IntVector exponent = magnitude.lanewise(VectorOperators.LSHR, 3);
        IntVector normal = exponent.min(1);
        IntVector units =
            magnitude
                .and(7)
                .or(normal.lanewise(VectorOperators.LSHL, 3))
                .lanewise(VectorOperators.LSHL, exponent.sub(normal));
        IntVector value =
            ((FloatVector) units.convert(VectorOperators.I2F, 0))
                .mul(0x1p-9f)
                .reinterpretAsInts()
                .or(bits.and(1 << 31))
                .lanewise(
                    VectorOperators.OR, 0x7fc00000, magnitude.compare(VectorOperators.EQ, 0x7f));
        value
            .reinterpretAsFloats()
            .mul(scale)
            .intoMemorySegment(tile, to + 4L * (k * PANEL + c), LITTLE);
      }
    }
  }
}
