package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.AttentionKernels;
import dev.switchboard.model.kernel.AttentionShape;
import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Grouped-query attention: q, k, v from their projections; norms of q and k; clip; rope; the sums
 * of {@link AttentionKernels}; the output projection. A step's keys and values go to the cache
 * first and are read back from there.
 */
public final class AttentionMixer implements Mixer {
  private final int layer;
  private final AttentionShape shape;
  private final Projections projections;
  private final Extras extras;

  /** q {@code [heads * keyDim, dModel]}, k and v alike, out {@code [dModel, heads * valueDim]}. */
  public record Projections(Linear query, Linear key, Linear value, Linear out) {}

  /**
   * What only some families have.
   *
   * @param queryNorm of a head's width, or of the whole projection's
   * @param keyNorm the same
   * @param rope empty: positions are not encoded
   * @param sinks {@code [heads]}; empty: none
   * @param clip q, k and v are brought into [-clip, clip]; infinite: they are not
   */
  public record Extras(
      Optional<RmsNorm> queryNorm,
      Optional<RmsNorm> keyNorm,
      Optional<Rope> rope,
      float[] sinks,
      float clip) {
    /** With rope at most. */
    public static Extras plain(Optional<Rope> rope) {
      return new Extras(
          Optional.empty(), Optional.empty(), rope, new float[0], Float.POSITIVE_INFINITY);
    }
  }

  /**
   * @param layer index of the layer in the cache of keys and values
   */
  public AttentionMixer(int layer, AttentionShape shape, Projections projections, Extras extras) {
    KvShape kv = shape.kv();
    int keys = kv.heads() * kv.keyDim();
    if (projections.query.out() != shape.queryWidth()
        || projections.key.out() != keys
        || projections.value.out() != kv.heads() * kv.valueDim()
        || projections.out.in() != shape.outputWidth()
        || projections.out.out() != projections.query.in()) {
      throw new IllegalArgumentException(shape + " does not fit " + projections);
    }
    extras.queryNorm.ifPresent(norm -> checkNorm(norm, kv.keyDim(), shape.queryWidth()));
    extras.keyNorm.ifPresent(norm -> checkNorm(norm, kv.keyDim(), keys));
    extras.rope.ifPresent(rope -> checkRope(rope, kv.keyDim()));
    if (extras.sinks.length != 0) {
      Shapes.check("sinks", extras.sinks, shape.heads());
    }
    if (!(extras.clip > 0)) {
      throw new IllegalArgumentException("clip " + extras.clip + "; expected more than 0");
    }
    this.layer = layer;
    this.shape = shape;
    this.projections = projections;
    this.extras = extras;
  }

  private static void checkNorm(RmsNorm norm, int head, int whole) {
    if (norm.width() != head && norm.width() != whole) {
      throw new IllegalArgumentException(
          "a norm of " + norm.width() + "; expected " + head + " or " + whole);
    }
  }

  static void checkRope(Rope rope, int dim) {
    if (rope.plan().dims() > dim) {
      throw new IllegalArgumentException(
          "rope turns " + rope.plan().dims() + " values of a head that has " + dim);
    }
  }

  @Override
  public KvShape kvShape() {
    return shape.kv();
  }

  @Override
  public Optional<Rope> rope() {
    return extras.rope;
  }

  @Override
  public AttentionState newState(SequenceMemory memory) {
    return new AttentionState(
        memory.keysAndValues(),
        layer,
        extras.rope.map(rope -> rope.table(memory.declaredTokens())).orElse(null));
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void forward(
      float[] in, int[] starts, int segments, MixerState[] states, float[] out, Scratch scratch) {
    int rows = starts[segments];
    float[] q = scratch.floats(Slot.QUERY, rows * shape.queryWidth());
    float[] k = scratch.floats(Slot.KEY, rows * projections.key.out());
    float[] v = scratch.floats(Slot.VALUE, rows * projections.value.out());
    projections.query.forward(in, 0, rows, q, 0, scratch);
    projections.key.forward(in, 0, rows, k, 0, scratch);
    projections.value.forward(in, 0, rows, v, 0, scratch);
    norm(extras.queryNorm.orElse(null), q, rows * shape.queryWidth(), scratch);
    norm(extras.keyNorm.orElse(null), k, rows * projections.key.out(), scratch);
    if (extras.clip != Float.POSITIVE_INFINITY) {
      ElementKernels.clamp(q, 0, extras.clip, rows * shape.queryWidth());
      ElementKernels.clamp(k, 0, extras.clip, rows * projections.key.out());
      ElementKernels.clamp(v, 0, extras.clip, rows * projections.value.out());
    }
    float[] y = scratch.floats(Slot.ATTENDED, rows * shape.outputWidth());
    for (int i = 0; i < segments; i++) {
      int tokens = starts[i + 1] - starts[i];
      attend((AttentionState) states[i], starts[i], tokens, q, k, v, y, scratch);
    }
    projections.out.forward(y, 0, rows, out, 0, scratch);
  }

  private static void norm(@Nullable RmsNorm norm, float[] x, int values, Scratch scratch) {
    if (norm != null) {
      norm.forward(x, 0, values / norm.width(), x, 0, scratch);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void attend(
      AttentionState state,
      int firstRow,
      int tokens,
      float[] q,
      float[] k,
      float[] v,
      float[] y,
      Scratch scratch) {
    KvShape kv = shape.kv();
    long position = state.position();
    int queries = firstRow * shape.queryWidth();
    int keys = firstRow * projections.key.out();
    RopeTable rope = state.rope();
    if (rope != null) {
      int dim = kv.keyDim();
      int width = shape.queryWidth();
      AttentionKernels.turn(rope, position, tokens, q, queries, shape.heads(), dim, width, scratch);
      AttentionKernels.turn(
          rope, position, tokens, k, keys, kv.heads(), dim, projections.key.out(), scratch);
    }
    int values = firstRow * projections.value.out();
    AttentionKernels.store(kv, state, position, tokens, k, keys, v, values, scratch);
    AttentionKernels.attend(
        shape,
        state,
        position,
        tokens,
        q,
        queries,
        extras.sinks,
        y,
        firstRow * shape.outputWidth(),
        scratch);
  }
}
