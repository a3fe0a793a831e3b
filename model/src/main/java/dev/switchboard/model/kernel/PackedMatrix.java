package dev.switchboard.model.kernel;

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

  private final Format format;
  private final int rows;
  private final int columns;
  private final MemorySegment data;
  private final boolean floatActivations;

  /** Columns that share a scale of F8_E4M3; 0 for other types. */
  private final int scaleColumns;

  // size: the fields of an immutable value
  private PackedMatrix(
      Format format,
      int rows,
      int columns,
      int scaleColumns,
      boolean floatActivations,
      MemorySegment data) {
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    this.scaleColumns = scaleColumns;
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
    if (format == Format.F8_E4M3) {
      throw new IllegalArgumentException("F8_E4M3 has scales; expected packF8");
    }
    boolean floats = activationBlock(format) == 0;
    PackedMatrix packed = allocate(format, rows, columns, 0, floats);
    if (format.isBlockType()) {
      new BlockPacker(format, columns).pack(source, rows, packed.data);
    } else {
      new ElementPacker(format, columns).pack(source, rows, packed.data, packed.panelBytes());
    }
    return packed;
  }

  /** A matrix of a block type that no model has: for the kernels' own check. */
  static PackedMatrix packUnused(Format format, int rows, int columns, RowSource source) {
    PackedMatrix packed = allocateUnused(format, rows, columns, 0, false);
    new BlockPacker(format, columns).pack(source, rows, packed.data);
    return packed;
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

  /**
   * Packs E4M3 values with scales of blocks; a weight is its value times its block's scale, rounded
   * to F32.
   *
   * @param codes rows of {@code columns} bytes
   * @param scales row i: the F32 scales of output row i's blocks of columns, ceil(columns /
   *     scaleColumns) of them
   * @param scaleColumns columns of a block; the last block may be cut
   */
  public static PackedMatrix packF8(
      int rows, int columns, RowSource codes, RowSource scales, int scaleColumns) {
    if (scaleColumns < 1) {
      throw new IllegalArgumentException(
          scaleColumns + " columns share a scale; expected at least 1");
    }
    PackedMatrix packed = allocate(Format.F8_E4M3, rows, columns, scaleColumns, true);
    long stride = packed.panelBytes();
    new ElementPacker(Format.F8_E4M3, columns).pack(codes, rows, packed.data, stride);
    long firstScales = (long) columns * PANEL;
    MemorySegment after = packed.data.asSlice(firstScales);
    new ElementPacker(Format.F32, packed.scaleBlocks()).pack(scales, rows, after, stride);
    return packed;
  }

  /**
   * Packs MXFP4 as safetensors hold it, in two tensors. Its products have F32 activations.
   *
   * @param blocks rows of {@code columns / 2} bytes: two values a byte, the low half first
   * @param exponents rows of {@code columns / 32} bytes: the scale of a block is 2^(byte - 127)
   */
  public static PackedMatrix packMxfp4(
      int rows, int columns, RowSource blocks, RowSource exponents) {
    Mxfp4Rows source = new Mxfp4Rows(columns, blocks, exponents);
    PackedMatrix packed = allocate(Format.MXFP4, rows, columns, 0, true);
    new BlockPacker(Format.MXFP4, columns).pack(source, rows, packed.data);
    return packed;
  }

  /** Packs a row-major {@code [rows, columns]} array as F32. */
  public static PackedMatrix ofFloats(int rows, int columns, float[] values) {
    if (rows < 1 || columns < 1 || values.length != (long) rows * columns) {
      throw new IllegalArgumentException(
          values.length + " values for [" + rows + ", " + columns + "]");
    }
    return pack(Format.F32, columns, List.of(MemorySegment.ofArray(values)));
  }

  // size: the parts of a shape
  private static PackedMatrix allocate(
      Format format, int rows, int columns, int scaleColumns, boolean floats) {
    PackedMatrix packed = allocateUnused(format, rows, columns, scaleColumns, floats);
    FormatsInUse.add(format, floats);
    return packed;
  }

  // size: the parts of a shape
  private static PackedMatrix allocateUnused(
      Format format, int rows, int columns, int scaleColumns, boolean floats) {
    if (rows < 1 || columns < 1 || columns > MAX_COLUMNS) {
      throw new IllegalArgumentException(
          format
              + "["
              + rows
              + ", "
              + columns
              + "]; expected at least one row and 1 to "
              + MAX_COLUMNS
              + " columns");
    }
    if (columns % format.blockElements() != 0) {
      throw new IllegalArgumentException(
          format + " of " + columns + " columns; expected blocks of " + format.blockElements());
    }
    long bytes = panelsOf(rows) * panelBytes(format, columns, scaleColumns);
    MemorySegment data = Arena.ofAuto().allocate(bytes, ALIGNMENT_BYTES);
    return new PackedMatrix(format, rows, columns, scaleColumns, floats, data);
  }

  /** Native memory that a matrix of this shape takes, padding included; F8_E4M3 without scales. */
  public static long packedBytes(Format format, int rows, int columns) {
    return panelsOf(rows) * panelBytes(format, columns, 0);
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
    FormatsInUse.add(format, true);
    return new PackedMatrix(format, rows, columns, scaleColumns, true, data);
  }

  /** This matrix (the same memory), its products with quantised activations; block types only. */
  public PackedMatrix withCodedActivations() {
    if (!format.isBlockType()) {
      throw new IllegalArgumentException(this + " has no blocks: its activations are floats");
    }
    FormatsInUse.add(format, false);
    return new PackedMatrix(format, rows, columns, scaleColumns, false, data);
  }

  /**
   * Columns that share a scale of the activations: 32, or 256 for K-quants; 0 if the activations of
   * this matrix are floats.
   */
  public int activationBlock() {
    return floatActivations ? 0 : format.blockElements();
  }

  /** What {@link #activationBlock()} is of a matrix that is packed as it lies in a GGUF file. */
  public static int activationBlock(Format format) {
    boolean floats = !format.isBlockType() || ArithmeticOptions.FLOAT_ACTIVATIONS;
    return floats ? 0 : format.blockElements();
  }

  public Format format() {
    return format;
  }

  /** Outputs. */
  public int rows() {
    return rows;
  }

  /** Inputs. */
  public int columns() {
    return columns;
  }

  /** Native memory held, padding included. */
  public long packedBytes() {
    return data.byteSize();
  }

  /** Multiply-adds of one product with a vector, padding not counted. */
  public long multiplyAdds() {
    return (long) rows * columns;
  }

  int panels() {
    return panelsOf(rows);
  }

  /** Real rows of a panel: 64, but fewer in the last. */
  int width(int panel) {
    return Math.min(PANEL, rows - panel * PANEL);
  }

  MemorySegment data() {
    return data;
  }

  long panelBytes() {
    return panelBytes(format, columns, scaleColumns);
  }

  private static long panelBytes(Format format, int columns, int scaleColumns) {
    if (format.isBlockType()) {
      return (long) columns / format.blockElements() * BlockLayout.of(format).panelBlockBytes();
    }
    long values = (long) columns * PANEL * format.blockBytes();
    return scaleColumns == 0
        ? values
        : values + (long) scaleBlocks(columns, scaleColumns) * PANEL * Float.BYTES;
  }

  /** Byte offset of a panel's weights for one column; for types without blocks. */
  long offset(int panel, int column) {
    return panel * panelBytes() + (long) column * PANEL * format.blockBytes();
  }

  /** Byte offset of a block of columns of a panel; for block types. */
  long blockOffset(int panel, int block) {
    return panel * panelBytes() + (long) block * BlockLayout.of(format).panelBlockBytes();
  }

  /** Byte offset of the 64 scales that hold for a column; for F8_E4M3. */
  long scaleOffset(int panel, int column) {
    return offset(panel, columns) + (long) (column / scaleColumns) * PANEL * Float.BYTES;
  }

  /** Columns that share a scale of F8_E4M3; 0 for other types. */
  int scaleColumns() {
    return scaleColumns;
  }

  float scale(int panel, int column, int lane) {
    return data.get(FLOAT, scaleOffset(panel, column) + (long) Float.BYTES * lane);
  }

  private int scaleBlocks() {
    return scaleBlocks(columns, scaleColumns);
  }

  private static int scaleBlocks(int columns, int scaleColumns) {
    return (columns + scaleColumns - 1) / scaleColumns;
  }

  private static int panelsOf(int rows) {
    return (rows + PANEL - 1) / PANEL;
  }

  @Override
  public String toString() {
    return format + "[" + rows + ", " + columns + "]";
  }
}
