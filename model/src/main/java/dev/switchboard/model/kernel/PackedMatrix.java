package dev.switchboard.model.kernel;

import dev.switchboard.model.memory.FilePages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A weight matrix {@code [rows, columns]} = {@code [out, in]} in the order in which the kernels
 * read it: panels of 64 output rows in native memory aligned to 64 bytes. A lane of a vector is an
 * output row, so that every output is one running sum over ascending columns on every vector width.
 * The last panel is filled up with zeros.
 *
 * <p>A panel of single values is {@code [columns][64]}; one of F8_E4M3 is followed by the scales of
 * its blocks of columns, F32 {@code [blocks][64]}. A panel of a block type is described by {@link
 * BlockLayout}. Nothing is widened: 16-bit values and scales stay 16 bit.
 *
 * <p>Which arithmetic a product uses is a property of the matrix, never of the batch: see {@link
 * #activationBlock()}.
 *
 * <p>Immutable. The memory is freed when the matrix is no longer reachable.
 */
public final class PackedMatrix {
  /** Output rows of a panel. */
  public static final int PANEL = 64;

  /** More inputs than any model has; packing holds 64 rows on the heap. */
  public static final int MAX_COLUMNS = 1 << 18;

  private static final long ALIGNMENT_BYTES = 64;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Types of weights that have kernels; block types as GGUF defines them. */
  public enum Format {
    F32(1, 4),
    BF16(1, 2),
    F16(1, 2),
    F8_E4M3(1, 1),
    Q8_0(32, 34),
    Q4_0(32, 18),
    Q4_1(32, 20),
    Q5_0(32, 22),
    Q5_1(32, 24),
    Q2_K(256, 84),
    Q3_K(256, 110),
    Q4_K(256, 144),
    Q5_K(256, 176),
    Q6_K(256, 210),
    MXFP4(32, 17);

    private final int blockElements;
    private final int blockBytes;

    Format(int blockElements, int blockBytes) {
      this.blockElements = blockElements;
      this.blockBytes = blockBytes;
    }

    /** Values that share a block; 1 if the type has no blocks. */
    public int blockElements() {
      return blockElements;
    }

    /** Bytes of a block in a file. */
    public int blockBytes() {
      return blockBytes;
    }

    /** Whether values come in blocks that share a scale. */
    public boolean isBlockType() {
      return blockElements > 1;
    }

    /** Whether values have 16 bits: panels hold them in pair order. */
    boolean isPairs() {
      return blockBytes == Short.BYTES;
    }

    /** Bytes of a row in a file. */
    public long rowBytes(int columns) {
      return (long) columns / blockElements * blockBytes;
    }
  }

  private final PackedShape shape;
  private final MemorySegment data;
  private final boolean floatActivations;

  PackedMatrix(PackedShape shape, boolean floatActivations, MemorySegment data) {
    if (data.byteSize() != shape.bytes() || data.address() % ALIGNMENT_BYTES != 0) {
      throw new IllegalArgumentException(
          "%s bytes at %s for %s; expected %s at a multiple of %s"
              .formatted(data.byteSize(), data.address(), shape, shape.bytes(), ALIGNMENT_BYTES));
    }
    this.shape = shape;
    this.floatActivations = floatActivations;
    this.data = data;
  }

  /**
   * Packs a matrix. Block types get the arithmetic that this process was told to use for them (see
   * {@link Kernels#arithmeticOptions()}), other types have F32 activations.
   *
   * @param rows outputs, at least 1
   * @param columns inputs: a multiple of the type's block
   * @param source rows as a file of that type holds them
   * @throws IllegalArgumentException if the shape or a row's length is wrong
   */
  public static PackedMatrix pack(Format format, int rows, int columns, RowSource source) {
    return Packing.of(PackedShape.of(format, rows, columns), () -> source).alone();
  }

  /** A matrix that no model has: for the kernels' own check. */
  static PackedMatrix packUnused(Format format, int rows, int columns, RowSource source) {
    PackedShape shape = PackedShape.of(format, rows, columns);
    PackedMatrix packed = Packing.of(shape, () -> source).unused();
    return format.isBlockType() ? packed.withCodes() : packed;
  }

  /**
   * Packs matrices of equal width, one above the other.
   *
   * @param columns inputs, at least 1
   * @param parts each row-major, little-endian, of type {@code format}, {@code [n, columns]}
   * @throws IllegalArgumentException if a part does not consist of whole rows
   */
  public static PackedMatrix pack(Format format, int columns, List<MemorySegment> parts) {
    if (columns < 1 || parts.isEmpty()) {
      throw new IllegalArgumentException(
          parts.size() + " parts of " + columns + " columns; expected at least one of each");
    }
    StackedRows rows = new StackedRows(format.rowBytes(columns), parts);
    return pack(format, rows.count(), columns, rows);
  }

  /** Packs F8_E4M3: see {@link Packing#f8}. */
  public static PackedMatrix packF8(
      int rows, int columns, RowSource codes, RowSource scales, int scaleColumns) {
    if (scaleColumns < 1) {
      throw new IllegalArgumentException(
          scaleColumns + " columns share a scale; expected at least 1");
    }
    PackedShape shape = new PackedShape(Format.F8_E4M3, rows, columns, scaleColumns);
    return Packing.f8(shape, () -> codes, () -> scales).alone();
  }

  /** Packs MXFP4 of two tensors: see {@link Packing#mxfp4}. */
  public static PackedMatrix packMxfp4(
      int rows, int columns, RowSource blocks, RowSource exponents) {
    PackedShape shape = PackedShape.of(Format.MXFP4, rows, columns);
    return Packing.mxfp4(shape, () -> blocks, () -> exponents).alone();
  }

  /** Packs a row-major {@code [rows, columns]} array as F32. */
  public static PackedMatrix ofFloats(int rows, int columns, float[] values) {
    if (rows < 1 || columns < 1 || values.length != (long) rows * columns) {
      throw new IllegalArgumentException(
          values.length + " values for [" + rows + ", " + columns + "]");
    }
    return pack(Format.F32, columns, List.of(MemorySegment.ofArray(values)));
  }

  /** Native memory for packed weights; freed when it is no longer reachable. */
  static MemorySegment allocate(long bytes) {
    return Arena.ofAuto().allocate(bytes, ALIGNMENT_BYTES);
  }

  /** Native memory that a matrix of this shape takes, padding included; F8_E4M3 without scales. */
  public static long packedBytes(Format format, int rows, int columns) {
    int scaleColumns = format == Format.F8_E4M3 ? columns : 0;
    PackedShape shape = new PackedShape(format, rows, columns, scaleColumns);
    return shape.bytes() - (long) shape.panels() * shape.scaleBlocks() * PANEL * Float.BYTES;
  }

  static MemorySegment checkedRow(RowSource source, int row, int bytes) {
    MemorySegment segment = source.row(row);
    if (segment.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "row " + row + " has " + segment.byteSize() + " bytes; expected " + bytes);
    }
    return segment;
  }

  /** This matrix (the same memory), its products with F32 activations. */
  public PackedMatrix withFloatActivations() {
    if (floatActivations) {
      return this;
    }
    FormatsInUse.add(shape.format(), true);
    return new PackedMatrix(shape, true, data);
  }

  /** This matrix (the same memory), its products with quantised activations; block types only. */
  public PackedMatrix withCodedActivations() {
    if (!shape.format().isBlockType()) {
      throw new IllegalArgumentException(this + " has no blocks: its activations are floats");
    }
    FormatsInUse.add(shape.format(), false);
    return withCodes();
  }

  private PackedMatrix withCodes() {
    return new PackedMatrix(shape, false, data);
  }

  /**
   * Columns that share a scale of the activations: 32, or 256 for K-quants; 0 if the activations of
   * this matrix are floats.
   */
  public int activationBlock() {
    return floatActivations ? 0 : shape.format().blockElements();
  }

  /** What {@link #activationBlock()} is of a matrix that is packed as it lies in a GGUF file. */
  public static int activationBlock(Format format) {
    boolean floats = !format.isBlockType() || ArithmeticOptions.FLOAT_ACTIVATIONS;
    return floats ? 0 : format.blockElements();
  }

  public Format format() {
    return shape.format();
  }

  /** Outputs. */
  public int rows() {
    return shape.rows();
  }

  /** Inputs. */
  public int columns() {
    return shape.columns();
  }

  /** Native memory held, padding included. */
  public long packedBytes() {
    return data.byteSize();
  }

  /** Whether it lies in a file that is mapped: the system may have its pages back. */
  public boolean canRest() {
    return FilePages.canGiveBack(data);
  }

  /** Gives its pages back, if they are a file's. Products bring them in again, by and by. */
  public void rest() {
    FilePages.giveBack(data);
  }

  /** Brings all of its pages in again. */
  public void rouse() {
    FilePages.bring(data);
  }

  /** Multiply-adds of one product with a vector, padding not counted. */
  public long multiplyAdds() {
    return (long) shape.rows() * shape.columns();
  }

  int panels() {
    return shape.panels();
  }

  /** Real rows of a panel: 64, but fewer in the last. */
  int width(int panel) {
    return shape.width(panel);
  }

  MemorySegment data() {
    return data;
  }

  long panelBytes() {
    return shape.panelBytes();
  }

  /** Byte offset of a panel's weights for one column; for types without blocks. */
  long offset(int panel, int column) {
    return panel * panelBytes() + (long) column * PANEL * shape.format().blockBytes();
  }

  /** Byte offset of a block of columns of a panel; for block types. */
  long blockOffset(int panel, int block) {
    return panel * panelBytes() + (long) block * BlockLayout.of(shape.format()).panelBlockBytes();
  }

  /** Byte offset of the 64 scales that hold for a column; for F8_E4M3. */
  long scaleOffset(int panel, int column) {
    return offset(panel, shape.columns())
        + (long) (column / shape.scaleColumns()) * PANEL * Float.BYTES;
  }

  /** Columns that share a scale of F8_E4M3; 0 for other types. */
  int scaleColumns() {
    return shape.scaleColumns();
  }

  float scale(int panel, int column, int lane) {
    return data.get(FLOAT, scaleOffset(panel, column) + (long) Float.BYTES * lane);
  }

  @Override
  public String toString() {
    return shape.format() + "[" + shape.rows() + ", " + shape.columns() + "]";
  }
}
