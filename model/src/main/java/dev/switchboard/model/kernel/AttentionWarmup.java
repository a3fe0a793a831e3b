package dev.switchboard.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Makes the JIT compiler see attention, on tiny shapes: see {@link KernelWarmup}. */
final class AttentionWarmup implements KvPages {
  private static final int CALLS = 500;
  private static final int TOKENS = 4;
  private static final int HEADS = 5;
  private static final int DIM = 32;

  /** Behind a full block, so that a step meets a full page and one that is not. */
  private static final int POSITION = KvShape.BLOCK_KEYS + 4;

  private final MemorySegment block;

  private AttentionWarmup(KvShape kv) {
    this.block = Arena.ofAuto().allocate(kv.blockBytes());
  }

  static void run() {
    KvShape kv = new KvShape(1, DIM, DIM, false);
    AttentionShape shape = new AttentionShape(kv, HEADS, 1f, AttentionShape.NO_WINDOW);
    AttentionWarmup pages = new AttentionWarmup(kv);
    Scratch scratch = new Scratch();
    float[] none = new float[0];
    float[] x = new float[TOKENS * HEADS * DIM];
    float[] y = new float[x.length];
    for (int i = 0; i < CALLS; i++) {
      AttentionKernels.store(kv, pages, POSITION, TOKENS, x, 0, x, 0, scratch);
      AttentionKernels.attend(shape, pages, POSITION, TOKENS, x, 0, none, y, 0, scratch);
      ElementKernels.turnHalves(y, 0, x, 0, DIM / 2);
    }
  }

  @Override
  public MemorySegment block(int index) {
    return block;
  }

  @Override
  public long layerOffset() {
    return 0;
  }
}
