package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;

/**
 * Makes the JIT compiler see each kernel before the first token does: many calls of tiny shapes, so
 * that waiting for it costs little.
 */
final class KernelWarmup {
  private static final int CALLS = 700;
  private static final int COLUMNS = 24;
  private static final int WIDTH = 64;

  /** Blocks of one row, two and four; six and what widens first. */
  private static final int[] FLOAT_ROWS = {1, 2, 4, 16};

  /**
   * So many that they go in sixes, a four, a two and a one: what remains of them is 4 or 3; and
   * few, which go in fours.
   */
  private static final int[] MANY_CODE_ROWS = {28, 4, 27, 4};

  private static final int MANY_ROWS = 28;

  /** One call of many rows to so many of one. */
  private static final int MANY_EVERY = 2;

  private final KernelSet set;
  private final Scratch scratch = new Scratch();
  private final float[] x = new float[KernelSet.MAX_ROW_BLOCK * WIDTH];
  private final float[] y = new float[KernelSet.MAX_ROW_BLOCK * WIDTH];

  KernelWarmup(KernelSet set) {
    this.set = set;
    for (int i = 0; i < x.length; i++) {
      x[i] = (i * 31 % 17 - 8) / 8f;
    }
  }

  void run() {
    for (FormatsInUse.Use use : FormatsInUse.get()) {
      products(use);
    }
    ScanShape shape = new ScanShape(1, ScanShape.TILE, COLUMNS, 1);
    float[] ones = {1f, 1f};
    float[] state = new float[shape.stateFloats()];
    ScanInput in = new ScanInput(x, 0, 16, 40, 64, ones, ones, ones);
    for (int i = 0; i < CALLS; i++) {
      set.scan(shape, in, 2, 0, shape.heads(), state, y, 0);
      elementwise();
    }
    selectiveScan();
  }

  /** Few rows, and many: of each number of rows that a register block takes. */
  private void products(FormatsInUse.Use use) {
    Format format = use.format();
    int columns = format.isBlockType() ? Math.max(WIDTH, format.blockElements()) : COLUMNS;
    PackedMatrix w = zeros(format, columns);
    if (format.isBlockType()) {
      w = use.floats() ? w.withFloatActivations() : w.withCodedActivations();
    }
    float[] in = new float[MANY_ROWS * columns];
    float[] out = new float[MANY_ROWS * WIDTH];
    for (int i = 0; i < CALLS; i++) {
      if (use.floats()) {
        for (int rows : FLOAT_ROWS) {
          multiply(w, in, rows, out);
        }
      } else {
        multiply(w, in, 1, out);
        if (i % MANY_EVERY == 0) {
          multiply(w, in, MANY_CODE_ROWS[i / MANY_EVERY % MANY_CODE_ROWS.length], out);
        }
      }
    }
  }

  private void multiply(PackedMatrix w, float[] in, int rows, float[] out) {
    if (w.activationBlock() == 0) {
      set.matmul(w, 0, 1, in, 0, w.columns(), rows, out, 0, WIDTH, scratch);
      return;
    }
    ActivationCodes codes = scratch.codes;
    codes.resize(rows, w.columns(), w.activationBlock());
    set.quantise(in, 0, w.columns(), codes, 0, rows, 0, codes.blocks());
    codes.changed();
    set.prepare(w, codes);
    set.matmul(w, 0, 1, codes, 0, rows, out, 0, WIDTH, scratch);
  }

  private static PackedMatrix zeros(Format format, int columns) {
    if (format == Format.F8_E4M3) {
      MemorySegment codes = MemorySegment.ofArray(new byte[columns]);
      MemorySegment scales = MemorySegment.ofArray(new float[1]);
      return PackedMatrix.packF8(WIDTH, columns, row -> codes, row -> scales, columns);
    }
    MemorySegment row = MemorySegment.ofArray(new byte[(int) format.rowBytes(columns)]);
    return PackedMatrix.pack(format, WIDTH, columns, index -> row);
  }

  private void selectiveScan() {
    SelectiveShape shape = new SelectiveShape(SelectiveShape.TILE, COLUMNS);
    SelectiveInput in = new SelectiveInput(x, 0, x, 0, x, 32, 32 + COLUMNS, COLUMNS);
    float[] state = new float[shape.stateFloats()];
    for (int i = 0; i < CALLS; i++) {
      SelectiveScan.run(shape, in, 2, state, x, state, y, 0);
    }
  }

  private void elementwise() {
    set.convSilu(x, 0, WIDTH, x, new float[WIDTH], 4, y, 0);
    float scale = set.sumOfSquares(x, 0, WIDTH, scratch);
    set.scale(x, 0, 1f / (1f + scale), x, 0, y, 0, WIDTH);
    set.add(y, 0, x, 0, WIDTH);
    set.multiplyAdd(scale, x, 0, y, 0, WIDTH);
    set.siluTimes(x, 0, x, WIDTH, y, 0, WIDTH);
    System.arraycopy(x, 0, y, 0, WIDTH);
    set.exp(y, 0, WIDTH);
    set.softplus(y, 0, WIDTH);
    set.firstNonFinite(y, 0, WIDTH);
  }
}
