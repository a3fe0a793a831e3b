package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Makes the JIT compiler see each kernel before the first token does: many calls of tiny shapes, so
 * that waiting for it costs little.
 */
final class KernelWarmup {
  private static final int CALLS = 700;
  private static final int COLUMNS = 24;
  private static final int WIDTH = 64;

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
    for (Format format : FormatsInUse.get()) {
      if (format != Format.F32 && format != Format.BF16) {
        continue;
      }
      MemorySegment zeros = MemorySegment.ofArray(new byte[WIDTH * (int) format.rowBytes(COLUMNS)]);
      PackedMatrix w = PackedMatrix.pack(format, COLUMNS, List.of(zeros));
      for (int i = 0; i < CALLS; i++) {
        for (int rows : new int[] {1, 2, 4, 6}) {
          set.matmul(w, 0, 1, x, 0, rows, y, 0, scratch);
        }
      }
    }
    ScanShape shape = new ScanShape(1, ScanShape.TILE, COLUMNS, 1);
    float[] ones = {1f, 1f};
    float[] state = new float[shape.stateFloats()];
    ScanInput in = new ScanInput(x, 0, 16, 40, 64, ones, ones, ones);
    for (int i = 0; i < CALLS; i++) {
      set.scan(shape, in, 2, state, y, 0);
      elementwise();
    }
    selectiveScan();
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
    set.convSilu(x, 0, x, new float[WIDTH], 4, y, 0);
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
