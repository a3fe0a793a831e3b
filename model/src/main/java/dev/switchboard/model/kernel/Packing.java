package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import dev.switchboard.model.memory.Pace;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * A matrix that is to be packed: its shape, and who makes its panels. Panels are made in any order
 * and by any number of threads; each thread has a maker of its own.
 */
public final class Packing {
  /** About as much as one thread packs before it asks for more. */
  private static final long PIECE_BYTES = 4 << 20;

  /** The same where others are not to notice. */
  private static final long SMALL_PIECE_BYTES = 256 << 10;

  /** Makes panels. Not thread-safe. */
  public interface PanelMaker {
    /** Writes one panel from byte {@code at} on. */
    void make(int panel, MemorySegment to, long at);
  }

  /** Some neighbouring panels. */
  @FunctionalInterface
  public interface Piece {
    void pack(int firstPanel, int panels, PanelMaker maker);
  }

  private final PackedShape shape;
  private final boolean floatActivations;
  private final Supplier<PanelMaker> makers;

  private Packing(PackedShape shape, boolean floatActivations, Supplier<PanelMaker> makers) {
    this.shape = shape;
    this.floatActivations = floatActivations;
    this.makers = makers;
  }

  /**
   * Rows as a file of that type holds them. Block types get the arithmetic that this process was
   * told to use for them, other types have F32 activations.
   *
   * @param rows a source for each thread
   */
  public static Packing of(PackedShape shape, Supplier<RowSource> rows) {
    Format format = shape.format();
    if (format == Format.F8_E4M3) {
      throw new IllegalArgumentException("F8_E4M3 has scales; expected them beside the codes");
    }
    return new Packing(
        shape,
        PackedMatrix.activationBlock(format) == 0,
        () ->
            format.isBlockType()
                ? new BlockPacker(shape, rows.get())
                : new ElementPacker(format, shape.columns()).panels(rows.get(), shape.rows(), 0));
  }

  /**
   * E4M3 codes and the scales of their blocks; a weight is its value times its block's scale,
   * rounded to F32.
   *
   * @param codes rows of {@code columns} bytes
   * @param scales row i: the F32 scales of output row i's blocks of columns
   */
  public static Packing f8(
      PackedShape shape, Supplier<RowSource> codes, Supplier<RowSource> scales) {
    if (shape.format() != Format.F8_E4M3) {
      throw new IllegalArgumentException(shape + " has no scales beside its values");
    }
    return new Packing(
        shape,
        true,
        () -> {
          PanelMaker values =
              new ElementPacker(Format.F8_E4M3, shape.columns())
                  .panels(codes.get(), shape.rows(), 0);
          PanelMaker behind =
              new ElementPacker(Format.F32, shape.scaleBlocks())
                  .panels(scales.get(), shape.rows(), shape.valueBytes());
          return (panel, to, at) -> {
            values.make(panel, to, at);
            behind.make(panel, to, at);
          };
        });
  }

  /**
   * MXFP4 as safetensors hold it, in two tensors. Its products have F32 activations.
   *
   * @param blocks rows of {@code columns / 2} bytes: two values a byte, the low half first
   * @param exponents rows of {@code columns / 32} bytes: the scale of a block is 2^(byte - 127)
   */
  public static Packing mxfp4(
      PackedShape shape, Supplier<RowSource> blocks, Supplier<RowSource> exponents) {
    if (shape.format() != Format.MXFP4) {
      throw new IllegalArgumentException(shape + " is not MXFP4");
    }
    return new Packing(
        shape,
        true,
        () ->
            new BlockPacker(shape, new Mxfp4Rows(shape.columns(), blocks.get(), exponents.get())));
  }

  public PackedShape shape() {
    return shape;
  }

  /**
   * All panels, in pieces, by all processors.
   *
   * @param piece called for each piece, on any thread, several at a time
   */
  public void pack(Piece piece) {
    // On this thread, so that what is wrong with the rows is told here, by its own exception.
    PanelMaker first = makers.get();
    Pace pace = Pace.current();
    long pieceBytes = pace.alone() ? SMALL_PIECE_BYTES : PIECE_BYTES;
    int step = (int) Math.clamp(pieceBytes / shape.panelBytes(), 1, shape.panels());
    int pieces = Math.ceilDiv(shape.panels(), step);
    Processors.forEach(
        pieces,
        i -> {
          int panel = i * step;
          int panels = Math.min(step, shape.panels() - panel);
          piece.pack(panel, panels, i == 0 || pace.alone() ? first : makers.get());
          pace.worked(0);
        });
  }

  /** Packed on this thread, in memory of its own. */
  PackedMatrix alone() {
    return inUse(unused());
  }

  /** The same; no reason to warm kernels for it. */
  PackedMatrix unused() {
    MemorySegment data = PackedMatrix.allocate(shape.bytes());
    PanelMaker maker = makers.get();
    for (int panel = 0; panel < shape.panels(); panel++) {
      maker.make(panel, data, panel * shape.panelBytes());
    }
    return new PackedMatrix(shape, floatActivations, data);
  }

  /**
   * The matrix, packed already.
   *
   * @param data {@code shape().bytes()} native bytes that {@link #pack} made of the same rows;
   *     never changed from now on; kept reachable by the matrix
   */
  public PackedMatrix over(MemorySegment data) {
    return inUse(new PackedMatrix(shape, floatActivations, data));
  }

  private PackedMatrix inUse(PackedMatrix packed) {
    FormatsInUse.add(shape.format(), floatActivations);
    return packed;
  }
}
