package dev.switchboard.model.moe;

import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.layer.Linear;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The gate of one layer: {@code g = fma(decay, g_prev, W u)}, then the model's routing rule. A gate
 * without memory has no decay: {@code g = W u}.
 */
public final class Gate {
  private final Linear weight;
  private final Choice choice;
  private final boolean remembers;
  private final float decay;

  /**
   * @param weight {@code [experts, dModel]}
   * @param decay in [0, 1); empty for a gate that does not remember
   * @param correction {@code [experts]}, added to the scores for the choice alone; or empty
   */
  public Gate(Linear weight, OptionalDouble decay, float[] correction, RoutingRule rule) {
    double a = decay.orElse(0);
    if (!(a >= 0 && a < 1)) {
      throw new IllegalArgumentException("gate decay " + a + "; expected one in [0, 1)");
    }
    this.weight = weight;
    this.choice = new Choice(rule, weight.out(), correction);
    this.remembers = decay.isPresent();
    this.decay = (float) a;
  }

  public int experts() {
    return weight.out();
  }

  public int topK() {
    return choice.topK();
  }

  /**
   * What a sequence starts with: {@code [experts]}, or nothing for a gate that does not remember.
   */
  public float[] newMemory() {
    return new float[remembers ? experts() : 0];
  }

  /**
   * Routes the rows of several sequences; those of segment i are {@code starts[i]} to {@code
   * starts[i + 1]}, in order, and move {@code memories[i]} (as {@link #newMemory} made it).
   *
   * @param u {@code [rows, dModel]}
   */
  public Routing route(float[] u, int[] starts, int segments, float[][] memories, Scratch scratch) {
    SegmentRows rows = SegmentRows.all(starts, segments);
    return choose(logits(u, rows, memories, scratch), starts[segments], scratch);
  }

  /**
   * The first half of {@link #route}, for some of the segments: {@code [their rows, experts]},
   * remembered evidence included, in a buffer of the scratch.
   *
   * @param u of all segments, {@code [rows, dModel]}
   * @param memories of all segments
   */
  public float[] logits(float[] u, SegmentRows segments, float[][] memories, Scratch scratch) {
    int first = segments.firstRow();
    int[] starts = segments.starts();
    float[] logits = scratch.floats(Slot.GATE_LOGITS, segments.rows() * experts());
    weight.forward(u, first * weight.in(), segments.rows(), logits, 0, scratch);
    if (remembers) {
      for (int i = segments.from(); i < segments.to(); i++) {
        for (int r = starts[i]; r < starts[i + 1]; r++) {
          remember(memories[i], logits, (r - first) * experts());
        }
      }
    }
    return logits;
  }

  /** The second half of {@link #route}; overwrites the logits. */
  public Routing choose(float[] logits, int rows, Scratch scratch) {
    return choose(logits, new int[] {0, rows}, List.of(ExpertMask.NONE), scratch);
  }

  /**
   * The same where sequences may not wake every expert: the rows of segment i have mask i.
   *
   * @param starts as for {@link #route}
   */
  public Routing choose(float[] logits, int[] starts, List<ExpertMask> masks, Scratch scratch) {
    Routing routing = Routing.empty(starts[masks.size()], topK());
    choose(logits, SegmentRows.all(starts, masks.size()), masks, routing, scratch);
    return routing;
  }

  /**
   * The same for some of the segments.
   *
   * @param logits {@code [their rows, experts]}; overwritten
   * @param masks of all segments
   * @param routing of all segments' rows; theirs are written
   */
  public void choose(
      float[] logits,
      SegmentRows segments,
      List<ExpertMask> masks,
      Routing routing,
      Scratch scratch) {
    int k = topK();
    int first = segments.firstRow();
    int[] starts = segments.starts();
    for (int i = segments.from(); i < segments.to(); i++) {
      ExpertMask mask = masks.get(i);
      for (int r = starts[i]; r < starts[i + 1]; r++) {
        int at = (r - first) * experts();
        choice.choose(logits, at, mask, routing.experts(), routing.weights(), r * k, scratch);
      }
    }
  }

  /**
   * Whether there is enough to choose from without those that are masked.
   *
   * @throws IllegalArgumentException naming what is left, if not
   */
  public void check(ExpertMask mask) {
    choice.check(mask);
  }

  /** logits = fma(decay, memory, logits); memory = logits. */
  private void remember(float[] memory, float[] logits, int offset) {
    Kernels.multiplyAdd(decay, memory, 0, logits, offset, memory.length);
    System.arraycopy(logits, offset, memory, 0, memory.length);
  }
}
