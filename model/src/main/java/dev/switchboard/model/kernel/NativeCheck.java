package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.NativeLibrary.Unavailable;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Before native kernels are trusted, at start: small products of each type, extremes among them,
 * must have the scalar kernels' bits.
 */
final class NativeCheck {
  /** One full panel and the beginning of another. */
  private static final int OUTPUTS = 67;

  /** One that is computed alone, and some that go together. */
  private static final int[] ROWS = {1, 7};

  private static final int MOST_ROWS = 7;

  /** More than are widened at once. */
  private static final int FLOAT_COLUMNS = 99;

  private final NativeCodes codes;
  private final Scratch scratch = new Scratch();
  private final ActivationCodes x = new ActivationCodes();
  private int noise = 12345;

  private NativeCheck(NativeCodes codes) {
    this.codes = codes;
  }

  /** Refuses kernels that give other bits. */
  static void run(NativeCodes codes, NativeFloats floats) throws Unavailable {
    NativeCheck check = new NativeCheck(codes);
    for (Format format : Format.values()) {
      if (format.isBlockType()) {
        check.products(format);
      } else if (NativeFloats.takes(format)) {
        check.floats(format, floats);
      }
    }
  }

  /** Any bits: subnormal numbers, infinities and NaN are among them. */
  private void floats(Format format, NativeFloats floats) throws Unavailable {
    byte[] row = new byte[(int) format.rowBytes(FLOAT_COLUMNS)];
    MemorySegment segment = MemorySegment.ofArray(row);
    PackedMatrix w =
        PackedMatrix.packUnused(
            format,
            OUTPUTS,
            FLOAT_COLUMNS,
            index -> {
              for (int i = 0; i < row.length; i++) {
                row[i] = (byte) (index == 3 && i % 2 == 1 ? 0 : random());
              }
              return segment;
            });
    float[] in = new float[MOST_ROWS * FLOAT_COLUMNS];
    for (int i = 0; i < in.length; i++) {
      in[i] = random() * 0x1p-12f;
    }
    float[] expected = new float[MOST_ROWS * OUTPUTS];
    float[] actual = new float[MOST_ROWS * OUTPUTS];
    new ScalarKernels()
        .matmul(w, 0, w.panels(), in, 0, FLOAT_COLUMNS, MOST_ROWS, expected, 0, OUTPUTS, scratch);
    for (int rows : ROWS) {
      floats.matmul(w, 0, w.panels(), in, 0, FLOAT_COLUMNS, rows, actual, 0, OUTPUTS, scratch);
      compare(format, actual, expected, rows);
    }
  }

  private static void compare(Format format, float[] actual, float[] expected, int rows)
      throws Unavailable {
    int at = Arrays.mismatch(actual, 0, rows * OUTPUTS, expected, 0, rows * OUTPUTS);
    if (at >= 0) {
      throw new Unavailable(
          "products of %s differ from the scalar kernels': %s instead of %s"
              .formatted(format, actual[at], expected[at]),
          null);
    }
  }

  private void products(Format format) throws Unavailable {
    int columns = Math.max(64, format.blockElements());
    PackedMatrix w = weights(format, columns);
    fill(columns, format.blockElements());
    float[] expected = new float[MOST_ROWS * OUTPUTS];
    float[] actual = new float[MOST_ROWS * OUTPUTS];
    ScalarCodes.matmul(w, 0, w.panels(), x, 0, MOST_ROWS, expected, 0, OUTPUTS, scratch.blockCodes);
    for (int rows : ROWS) {
      Arrays.fill(actual, 1f);
      codes.matmul(w, 0, w.panels(), x, 0, rows, actual, 0, OUTPUTS, scratch);
      compare(format, actual, expected, rows);
    }
  }

  /** Rows of any bits with moderate scales; one subnormal, one with all codes' bits set or none. */
  private PackedMatrix weights(Format format, int columns) {
    byte[] row = new byte[(int) format.rowBytes(columns)];
    MemorySegment segment = MemorySegment.ofArray(row);
    return PackedMatrix.packUnused(
        format,
        OUTPUTS,
        columns,
        index -> {
          for (int i = 0; i < row.length; i++) {
            row[i] = (byte) (index == 3 ? 0x80 : index == 4 ? 0x7f : index == 5 ? 0xff : random());
          }
          for (int at = 0; at < row.length; at += format.blockBytes()) {
            scales(format, row, at + GgufBlocks.scaleAt(format), index);
          }
          return segment;
        });
  }

  private static void scales(Format format, byte[] row, int at, int index) {
    BlockLayout layout = BlockLayout.of(format);
    if (layout.scales() == BlockLayout.Scales.EXPONENT) {
      row[at] = (byte) (index == 2 ? 1 : 120 + index % 8);
      return;
    }
    int half = index == 2 ? 3 : 0x2c00 + 37 * index;
    row[at] = (byte) half;
    row[at + 1] = (byte) (half >>> 8);
    if (layout.hasMinimums()) {
      row[at + 2] = (byte) (half + 5);
      row[at + 3] = (byte) (half >>> 8);
    }
  }

  private void fill(int columns, int block) {
    x.resize(MOST_ROWS, columns, block);
    for (int i = 0; i < MOST_ROWS * columns; i++) {
      int row = i / columns;
      x.codes()[i] = (byte) (row == 1 ? 127 : row == 2 ? -127 : random() % 128);
    }
    for (int i = 0; i < MOST_ROWS * x.blocks(); i++) {
      x.scales()[i] = (i + 1) * 0x1p-9f / 3f;
    }
    x.scales()[0] = 0f;
    x.scales()[3 * x.blocks()] = Float.NaN;
    x.received();
  }

  private int random() {
    noise = noise * 1664525 + 1013904223;
    return noise >> 20;
  }
}
