package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.EnumMap;
import java.util.Map;

/**
 * How a block type lies in a panel. A panel is a sequence of blocks of columns, each for 64 output
 * rows at once: a header, then runs of 32 columns.
 *
 * <p>Header: the 64 scales (F16, or one exponent byte for MXFP4), the 64 minimum scales (F16) where
 * the type has them, then the scales and the minimums of sub-blocks, in lines of {@code [16 rows][4
 * sub-blocks]}: for each four sub-blocks one line a group of rows.
 *
 * <p>Run: for each group of 16 rows its lines of 64 bytes. A line of codes is {@code [16 rows][4
 * columns]}: what an integer dot instruction takes. Types of 8 bits have the 8 lines themselves;
 * others have their bits in planes, from which shifts and masks make lines: four lines of nibbles
 * (byte of line j: low half columns 8j to 8j + 3, high half 8j + 4 to 8j + 7), two of bit pairs
 * (pair m of a byte of line i: columns 16i + 4m to 16i + 4m + 3), one of single bits (bit j:
 * columns 4j to 4j + 3).
 *
 * @param elements columns of a block: 32 or 256
 * @param scales what stands at the head of a block
 * @param subs sub-blocks with a scale of their own: 0, 8 or 16
 * @param mins how minimums of sub-blocks are kept
 * @param planes the bits of a code
 */
record BlockLayout(int elements, Scales scales, int subs, Mins mins, Planes planes) {
  /** Columns of a run. */
  static final int RUN = 32;

  /** Rows of a group: one line holds four columns of each. */
  static final int GROUP = 16;

  static final int LINE_BYTES = 64;

  /** Lines of a run of codes of 8 bits. */
  static final int RUN_LINES = RUN / 4;

  static final int GROUPS = PackedMatrix.PANEL / GROUP;

  private static final Map<Format, BlockLayout> LAYOUTS = layouts();

  enum Scales {
    /** One F16 scale. */
    HALF(2),
    /** An F16 scale and an F16 minimum, or scale of minimums. */
    HALF_AND_MIN(4),
    /** A power of two: one byte. */
    EXPONENT(1);

    final int bytes;

    Scales(int bytes) {
      this.bytes = bytes;
    }
  }

  enum Mins {
    NONE,
    /** One for each sub-block, in its own bytes. */
    BYTES,
    /** In the high half of the byte whose low half is the sub-block's scale. */
    HIGH_NIBBLES
  }

  /**
   * Bits of a code, less {@code bias}; -1 where a plane is missing.
   *
   * @param bytes whether codes are whole signed bytes
   * @param twoShift where the bit pair goes
   * @param oneShift where the single bit goes
   * @param table whether the four bits are an index into the values of MXFP4
   */
  record Planes(
      boolean bytes, boolean nibbles, int twoShift, int oneShift, int bias, boolean table) {
    int lines() {
      return (bytes ? 8 : 0)
          + (nibbles ? 4 : 0)
          + (twoShift >= 0 ? 2 : 0)
          + (oneShift >= 0 ? 1 : 0);
    }

    /** The largest code above zero. */
    int largest() {
      int bits = (nibbles ? 4 : 0) + (twoShift >= 0 ? 2 : 0) + (oneShift >= 0 ? 1 : 0);
      return (1 << bits) - 1 - bias;
    }

    /** Line of a run where the bit pairs begin. */
    int twoLine() {
      return nibbles ? 4 : 0;
    }

    /** Line of a run that holds the single bits. */
    int oneLine() {
      return twoLine() + (twoShift >= 0 ? 2 : 0);
    }
  }

  /** The layout of a block type; refused for others. */
  static BlockLayout of(Format format) {
    BlockLayout layout = LAYOUTS.get(format);
    if (layout == null) {
      throw new IllegalArgumentException(format + " is no block type");
    }
    return layout;
  }

  private static Map<Format, BlockLayout> layouts() {
    Planes bytes = new Planes(true, false, -1, -1, 0, false);
    Map<Format, BlockLayout> all = new EnumMap<>(Format.class);
    all.put(Format.Q8_0, new BlockLayout(32, Scales.HALF, 0, Mins.NONE, bytes));
    all.put(Format.Q4_0, new BlockLayout(32, Scales.HALF, 0, Mins.NONE, nibbles(-1, -1, 8)));
    all.put(
        Format.Q4_1, new BlockLayout(32, Scales.HALF_AND_MIN, 0, Mins.NONE, nibbles(-1, -1, 0)));
    all.put(Format.Q5_0, new BlockLayout(32, Scales.HALF, 0, Mins.NONE, nibbles(-1, 4, 16)));
    all.put(Format.Q5_1, new BlockLayout(32, Scales.HALF_AND_MIN, 0, Mins.NONE, nibbles(-1, 4, 0)));
    Planes pairs = new Planes(false, false, 0, -1, 0, false);
    all.put(Format.Q2_K, new BlockLayout(256, Scales.HALF_AND_MIN, 16, Mins.HIGH_NIBBLES, pairs));
    Planes three = new Planes(false, false, 0, 2, 4, false);
    all.put(Format.Q3_K, new BlockLayout(256, Scales.HALF, 16, Mins.NONE, three));
    all.put(
        Format.Q4_K, new BlockLayout(256, Scales.HALF_AND_MIN, 8, Mins.BYTES, nibbles(-1, -1, 0)));
    all.put(
        Format.Q5_K, new BlockLayout(256, Scales.HALF_AND_MIN, 8, Mins.BYTES, nibbles(-1, 4, 0)));
    all.put(Format.Q6_K, new BlockLayout(256, Scales.HALF, 16, Mins.NONE, nibbles(4, -1, 32)));
    Planes table = new Planes(false, true, -1, -1, 0, true);
    all.put(Format.MXFP4, new BlockLayout(32, Scales.EXPONENT, 0, Mins.NONE, table));
    return all;
  }

  private static Planes nibbles(int twoShift, int oneShift, int bias) {
    return new Planes(false, true, twoShift, oneShift, bias, false);
  }

  /**
   * Columns of which sums of code times sub-block's scale times activation code stay below 2^24,
   * where floats are exact integers.
   */
  int exactColumns() {
    int largest = 1 << 24;
    int code = planes.bytes() || planes.table() ? 128 : Math.max(planes.bias(), planes.largest());
    int term = code * largestSub() * 127;
    int columns = elements;
    while ((long) columns * term >= largest) {
      columns /= 2;
    }
    return columns;
  }

  private int largestSub() {
    if (subs == 0) {
      return 1;
    }
    return switch (mins) {
      case HIGH_NIBBLES -> 15;
      case BYTES -> 63;
      case NONE -> planes.nibbles() ? 128 : 32;
    };
  }

  /** Whether a minimum is taken per block of 32, or scales of minimums per block of 256. */
  boolean hasMinimums() {
    return scales == Scales.HALF_AND_MIN;
  }

  /** Runs of a block. */
  int runs() {
    return elements / RUN;
  }

  /** Offset of the minimum scales in a header. */
  int minScalesOffset() {
    return 2 * PackedMatrix.PANEL;
  }

  /** Offset of the sub-blocks' scales in a header. */
  int subsOffset() {
    return scales.bytes * PackedMatrix.PANEL;
  }

  /** Offset of the sub-blocks' minimums in a header. */
  int minsOffset() {
    return subsOffset() + (mins == Mins.BYTES ? subs * PackedMatrix.PANEL : 0);
  }

  /** Where in such lines the byte of sub-block s of a row is. */
  static int subPosition(int s, int lane) {
    return s / 4 * PackedMatrix.PANEL * 4 + lane * 4 + s % 4;
  }

  int headerBytes() {
    return (scales.bytes + subs + (mins == Mins.BYTES ? subs : 0)) * PackedMatrix.PANEL;
  }

  int groupRunBytes() {
    return planes.lines() * LINE_BYTES;
  }

  int runBytes() {
    return GROUPS * groupRunBytes();
  }

  /** Bytes of one block of columns of one panel: a multiple of 64. */
  int panelBlockBytes() {
    return headerBytes() + runs() * runBytes();
  }
}
