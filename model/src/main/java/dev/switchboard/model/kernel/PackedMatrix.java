package dev.switchboard.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A weight matrix {@code [rows, columns]} = {@code [out, in]} in the order in which the kernels
 * read it: panels of 64 output rows, {@code [rows/64][columns][64]}, in native memory aligned to 64
 * bytes. A lane of a vector is an output row, so that every output is one running sum over
 * ascending columns on every vector width. The last panel is filled up with zeros.
 *
 * <p>BF16 panels are in pair order: the 16 ints of a block of 32 rows hold row i in their low half
 * and row 16 + i in their high half, so a shift and a mask widen them.
 *
 * <p>Immutable. The memory is freed when the matrix is no longer reachable.
 */
public final class PackedMatrix {
  /** Output rows of a panel. */
  public static final int PANEL = 64;

  private static final long ALIGNMENT_BYTES = 64;
  private static final int PAIR_BLOCK = 32;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Types of weights that have kernels. */
  public enum Format {
    F32(4),
    BF16(2);

    private final int bytes;

    Format(int bytes) {
      this.bytes = bytes;
    }

    /** Bytes of one weight. */
    public int bytes() {
      return bytes;
    }
  }

  private final Format format;
  private final int rows;
  private final int columns;
  private final MemorySegment data;

  private PackedMatrix(Format format, int rows, int columns) {
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    long bytes = (long) panelsOf(rows) * columns * PANEL * format.bytes();
    this.data = Arena.ofAuto().allocate(bytes, ALIGNMENT_BYTES);
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
    long rowBytes = (long) columns * format.bytes();
    long rows = 0;
    for (MemorySegment part : parts) {
      if (part.byteSize() == 0 || part.byteSize() % rowBytes != 0) {
        throw new IllegalArgumentException(
            "a part of " + part.byteSize() + " bytes; expected rows of " + rowBytes + " bytes");
      }
      rows += part.byteSize() / rowBytes;
    }
    PackedMatrix packed = new PackedMatrix(format, Math.toIntExact(rows), columns);
    packed.fill(parts, rowBytes);
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

  private void fill(List<MemorySegment> parts, long rowBytes) {
    // Through heap arrays: the interpreter, which runs this at start, is quicker on them.
    float[] floats = new float[format == Format.F32 ? columns * PANEL : 0];
    short[] shorts = new short[format == Format.BF16 ? columns * PANEL : 0];
    float[] floatRow = new float[columns];
    short[] shortRow = new short[columns];
    int row = 0;
    for (MemorySegment part : parts) {
      for (long offset = 0; offset < part.byteSize(); offset += rowBytes, row++) {
        int lane = row % PANEL;
        if (format == Format.F32) {
          MemorySegment.copy(part, FLOAT, offset, floatRow, 0, columns);
          for (int k = 0; k < columns; k++) {
            floats[k * PANEL + lane] = floatRow[k];
          }
        } else {
          MemorySegment.copy(part, SHORT, offset, shortRow, 0, columns);
          int position = pairPosition(lane);
          for (int k = 0; k < columns; k++) {
            shorts[k * PANEL + position] = shortRow[k];
          }
        }
        if (lane == PANEL - 1 || row == rows - 1) {
          store(row / PANEL, lane + 1, floats, shorts);
        }
      }
    }
  }

  private void store(int panel, int width, float[] floats, short[] shorts) {
    for (int lane = width; lane < PANEL; lane++) {
      for (int k = 0; k < columns; k++) {
        if (format == Format.F32) {
          floats[k * PANEL + lane] = 0f;
        } else {
          shorts[k * PANEL + pairPosition(lane)] = 0;
        }
      }
    }
    long offset = offset(panel, 0);
    if (format == Format.F32) {
      MemorySegment.copy(floats, 0, data, FLOAT, offset, floats.length);
    } else {
      MemorySegment.copy(shorts, 0, data, SHORT, offset, shorts.length);
    }
  }

  /** Where a row of a panel lies among its 64 BF16 values. */
  static int pairPosition(int lane) {
    int block = lane / PAIR_BLOCK;
    int within = lane % PAIR_BLOCK;
    return (block * 16 + within % 16) * 2 + within / 16;
  }

  /** One weight, widened. */
  float weight(int row, int column) {
    long at = offset(row / PANEL, column);
    int lane = row % PANEL;
    if (format == Format.F32) {
      return data.get(FLOAT, at + 4L * lane);
    }
    return Float.intBitsToFloat(data.get(SHORT, at + 2L * pairPosition(lane)) << 16);
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

  /** Byte offset of a panel's weights for one column. */
  long offset(int panel, int column) {
    return ((long) panel * columns + column) * PANEL * format.bytes();
  }

  private static int panelsOf(int rows) {
    return (rows + PANEL - 1) / PANEL;
  }

  @Override
  public String toString() {
    return format + "[" + rows + ", " + columns + "]";
  }
}
