package dev.switchboard.model.kernel;

import dev.switchboard.model.crew.Work;

/**
 * Turns heads of consecutive tokens by their positions, shared out over a crew. An instance belongs
 * to a {@link Scratch}, and so to one thread.
 */
final class Rotation {
  /** Values that are worth waking a worker for. */
  private static final int SHARED = 1 << 13;

  private static final int TOKENS_A_PIECE = 16;

  private final Scratch scratch;
  private final Work pieces = this::piece;
  private Turns turns;
  private long position;
  private int tokens;
  private float[] x = {};
  private int offset;
  private int heads;
  private int headStride;
  private int rowStride;

  @SuppressWarnings("NullAway.Init") // turns are those of a call
  Rotation(Scratch scratch) {
    this.scratch = scratch;
  }

  /** See {@link AttentionKernels#turn}. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void run(
      Turns turns,
      long position,
      int tokens,
      float[] x,
      int offset,
      int heads,
      int headStride,
      int rowStride) {
    this.turns = turns;
    this.position = position;
    this.tokens = tokens;
    this.x = x;
    this.offset = offset;
    this.heads = heads;
    this.headStride = headStride;
    this.rowStride = rowStride;
    int count = Math.ceilDiv(tokens, TOKENS_A_PIECE);
    if ((long) tokens * heads * turns.pairs() < SHARED) {
      for (int piece = 0; piece < count; piece++) {
        piece(piece, 0);
      }
    } else {
      scratch.crew().run(pieces, count);
    }
  }

  private void piece(int piece, int worker) {
    int first = piece * TOKENS_A_PIECE;
    for (int t = first; t < Math.min(tokens, first + TOKENS_A_PIECE); t++) {
      float[] page = turns.page(position + t);
      int at = turns.at(position + t);
      for (int head = 0; head < heads; head++) {
        int from = offset + t * rowStride + head * headStride;
        if (turns.neighbours()) {
          ElementKernels.turnNeighbours(x, from, page, at, turns.pairs());
        } else {
          ElementKernels.turnHalves(x, from, page, at, turns.pairs());
        }
      }
    }
  }
}
