package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.AttentionKernels;
import dev.switchboard.model.kernel.AttentionShape;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import java.util.List;
import java.util.Optional;

/**
 * Multi-head latent attention (DeepSeek-V2, section 2.1), in its absorbed form for prompts and
 * generation alike: a token leaves in the cache only its latent and one rotated key that all heads
 * share. Instead of widening the latents of all keys to keys and values of each head, each query is
 * taken into the latent space, and what it gets there is widened:
 *
 * <pre>
 * score(i, j) = (q_nope(i) U_key) . latent(j) + q_rope(i) . k_rope(j)
 * out(i)      = U_value (sum over j of weight(i, j) latent(j))
 * </pre>
 *
 * <p>A chunk that reads n tokens before it would have to widen all n again in the other form, which
 * makes generation and chunked prompts many times slower.
 */
public final class LatentAttentionMixer implements Mixer {
  private final int layer;
  private final Sizes sizes;
  private final AttentionShape shape;
  private final Projections projections;
  private final RmsNorm latentNorm;
  private final List<Absorbed> heads;
  private final Rope rope;

  /**
   * Widths of a head's parts.
   *
   * @param nope part of queries and keys that does not turn
   * @param rope part that turns; the last of a query, and of what the latent's projection gives
   * @param value of a head's values
   * @param latent of what is kept of a token, besides its turned key
   */
  public record Sizes(int heads, int nope, int rope, int value, int latent) {
    /** Width of a head's query. */
    public int query() {
      return nope + rope;
    }

    /** Width of what is kept of a token. */
    public int kept() {
      return latent + rope;
    }
  }

  /**
   * @param queryDown {@code [queryRank, dModel]}; empty: {@code query} reads dModel
   * @param query {@code [heads * (nope + rope), queryRank or dModel]}
   * @param latentDown {@code [latent + rope, dModel]}
   * @param out {@code [dModel, heads * value]}
   */
  public record Projections(
      Optional<Down> queryDown, Linear query, Linear latentDown, Linear out) {}

  /** A projection to a lower rank, and its norm. */
  public record Down(Linear projection, RmsNorm norm) {}

  /**
   * What widens the latent for one head.
   *
   * @param key {@code [latent, nope]}: the key's part, transposed, for it meets the query
   * @param value {@code [value, latent]}
   */
  public record Absorbed(PackedMatrix key, PackedMatrix value) {}

  /**
   * @param layer index of the layer in the cache of keys and values
   * @param scale of the products of queries and keys
   * @param heads one each
   */
  // size: a layer's parts
  public LatentAttentionMixer(
      int layer,
      Sizes sizes,
      float scale,
      Projections projections,
      RmsNorm latentNorm,
      List<Absorbed> heads,
      Rope rope) {
    this.layer = layer;
    this.sizes = sizes;
    KvShape kv = new KvShape(1, sizes.kept(), sizes.latent, true);
    this.shape = new AttentionShape(kv, sizes.heads, scale, AttentionShape.NO_WINDOW);
    this.projections = projections;
    this.latentNorm = latentNorm;
    this.heads = List.copyOf(heads);
    this.rope = rope;
    check();
  }

  private void check() {
    int dModel = projections.latentDown.in();
    int queryIn = projections.queryDown.map(down -> down.projection.out()).orElse(dModel);
    if (projections.query.in() != queryIn
        || projections.query.out() != sizes.heads * sizes.query()
        || projections.latentDown.out() != sizes.kept()
        || projections.out.in() != sizes.heads * sizes.value
        || projections.out.out() != dModel
        || latentNorm.width() != sizes.latent
        || heads.size() != sizes.heads
        || rope.plan().dims() != sizes.rope) {
      throw new IllegalArgumentException(sizes + " do not fit " + projections);
    }
    for (Absorbed head : heads) {
      if (head.key.rows() != sizes.latent
          || head.key.columns() != sizes.nope
          || head.value.rows() != sizes.value
          || head.value.columns() != sizes.latent) {
        throw new IllegalArgumentException(sizes + " do not fit " + head);
      }
    }
  }

  @Override
  public KvShape kvShape() {
    return shape.kv();
  }

  @Override
  public Optional<Rope> rope() {
    return Optional.of(rope);
  }

  @Override
  public AttentionState newState(SequenceMemory memory) {
    return new AttentionState(memory.keysAndValues(), layer, rope.table(memory.declaredTokens()));
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void forward(
      float[] in, int[] starts, int segments, MixerState[] states, float[] out, Scratch scratch) {
    int rows = starts[segments];
    float[] queries = queries(in, rows, scratch);
    float[] kept = scratch.floats(Slot.KEY, rows * sizes.kept());
    projections.latentDown.forward(in, 0, rows, kept, 0, scratch);
    for (int r = 0; r < rows; r++) {
      latentNorm.forward(kept, r * sizes.kept(), 1, kept, r * sizes.kept(), scratch);
    }
    float[] y = scratch.floats(Slot.ATTENDED, rows * shape.outputWidth());
    for (int i = 0; i < segments; i++) {
      attend((AttentionState) states[i], starts[i], starts[i + 1], queries, kept, y, scratch);
    }
    float[] values = values(y, rows, scratch);
    projections.out.forward(values, 0, rows, out, 0, scratch);
  }

  /** {@code [rows, heads * (latent + rope)]}: queries in the latent space, not turned yet. */
  private float[] queries(float[] in, int rows, Scratch scratch) {
    float[] plain = scratch.floats(Slot.VALUE, rows * projections.query.out());
    Down down = projections.queryDown.orElse(null);
    if (down == null) {
      projections.query.forward(in, 0, rows, plain, 0, scratch);
    } else {
      float[] low = scratch.floats(Slot.PROJECTION, rows * down.projection.out());
      down.projection.forward(in, 0, rows, low, 0, scratch);
      down.norm.forward(low, 0, rows, low, 0, scratch);
      projections.query.forward(low, 0, rows, plain, 0, scratch);
    }
    float[] queries = scratch.floats(Slot.QUERY, rows * shape.queryWidth());
    float[] part = scratch.floats(Slot.HEAD_PART, rows * sizes.nope);
    float[] taken = scratch.floats(Slot.HEAD_RESULT, rows * sizes.latent);
    for (int h = 0; h < sizes.heads; h++) {
      for (int r = 0; r < rows; r++) {
        int from = (r * sizes.heads + h) * sizes.query();
        int turning = (r * sizes.heads + h) * sizes.kept() + sizes.latent;
        System.arraycopy(plain, from, part, r * sizes.nope, sizes.nope);
        System.arraycopy(plain, from + sizes.nope, queries, turning, sizes.rope);
      }
      Kernels.matmul(heads.get(h).key, part, 0, rows, taken, 0, scratch);
      for (int r = 0; r < rows; r++) {
        int to = (r * sizes.heads + h) * sizes.kept();
        System.arraycopy(taken, r * sizes.latent, queries, to, sizes.latent);
      }
    }
    return queries;
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void attend(
      AttentionState state,
      int firstRow,
      int endRow,
      float[] queries,
      float[] kept,
      float[] y,
      Scratch scratch) {
    RopeTable turns = state.rope();
    if (turns == null) {
      throw new IllegalStateException("a state without rope");
    }
    long position = state.position();
    int tokens = endRow - firstRow;
    int key = firstRow * sizes.kept();
    int query = firstRow * shape.queryWidth() + sizes.latent;
    int width = shape.queryWidth();
    int stride = sizes.kept();
    AttentionKernels.turn(
        turns, position, tokens, queries, query, sizes.heads, stride, width, scratch);
    AttentionKernels.turn(
        turns, position, tokens, kept, key + sizes.latent, 1, stride, stride, scratch);
    AttentionKernels.store(shape.kv(), state, position, tokens, kept, key, kept, 0, scratch);
    AttentionKernels.attend(
        shape,
        state,
        position,
        tokens,
        queries,
        firstRow * shape.queryWidth(),
        NO_SINKS,
        y,
        firstRow * shape.outputWidth(),
        scratch);
  }

  private static final float[] NO_SINKS = {};

  /** {@code [rows, heads * latent] -> [rows, heads * value]}. */
  private float[] values(float[] y, int rows, Scratch scratch) {
    float[] values = scratch.floats(Slot.VALUE, rows * sizes.heads * sizes.value);
    float[] part = scratch.floats(Slot.HEAD_PART, rows * sizes.latent);
    float[] widened = scratch.floats(Slot.HEAD_RESULT, rows * sizes.value);
    for (int h = 0; h < sizes.heads; h++) {
      for (int r = 0; r < rows; r++) {
        int from = (r * sizes.heads + h) * sizes.latent;
        System.arraycopy(y, from, part, r * sizes.latent, sizes.latent);
      }
      Kernels.matmul(heads.get(h).value, part, 0, rows, widened, 0, scratch);
      for (int r = 0; r < rows; r++) {
        int to = (r * sizes.heads + h) * sizes.value;
        System.arraycopy(widened, r * sizes.value, values, to, sizes.value);
      }
    }
    return values;
  }
}
