package dev.switchboard.model;

import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.moe.ExpertRunner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one forward loop: every model, every step.
 *
 * <pre>
 * h += m * mixer(norm(h));  u = norm(h);  h += m * ((sum over the chosen of weight * expert(u)) + shared(u))
 * </pre>
 *
 * <p>The bits of a segment's result depend on the model and its sequence alone, not on what else is
 * in the step or where its tokens are cut into steps. Therefore a large step whose experts are
 * elsewhere may go in two halves by turns: while the experts of one compute, the trunk computes the
 * other. Owned by one thread.
 */
public final class ForwardPass {
  /** Rows of a step that is cut in halves, at least: each half still fills the kernels. */
  static final int HALVED_ROWS = 128;

  private final Trunk trunk;
  private final Crew crew;
  private final Lane lane;
  private final Lane otherLane;
  private final ExpertRunner experts;
  private final ForwardProbe probe;
  private @Nullable Scratch scratch;

  public ForwardPass(Trunk trunk, ExpertRunner experts) {
    this(trunk, experts, ForwardProbe.NONE);
  }

  public ForwardPass(Trunk trunk, ExpertRunner experts, ForwardProbe probe) {
    this(trunk, experts, probe, Crew.ALONE);
  }

  /**
   * @param crew shares the work; led by the thread that runs steps
   */
  public ForwardPass(Trunk trunk, ExpertRunner experts, ForwardProbe probe, Crew crew) {
    this.crew = crew;
    this.trunk = trunk;
    this.lane = new Lane(trunk, experts, probe);
    this.otherLane = new Lane(trunk, experts, probe);
    this.experts = experts;
    this.probe = probe;
  }

  /**
   * Runs one step: all segments together, one product per matrix over all their rows. Sequences of
   * segments that fail, and all of a step that throws, cannot go on.
   *
   * @throws IllegalArgumentException if a segment has no tokens, a token outside the vocabulary, or
   *     a sequence that is closed, failed, of another trunk, or twice in the step; nothing is moved
   * @throws dev.switchboard.model.layer.KvCacheFullException if the cache of keys and values has no
   *     room for the step; nothing is moved, and it may be tried again
   */
  public StepResult run(List<StepSegment> segments) {
    if (scratch == null) {
      crew.lead();
      scratch = new Scratch(crew);
    }
    int rows = 0;
    for (StepSegment segment : segments) {
      rows += segment.tokens().length;
    }
    return rows >= HALVED_ROWS && halves() ? inHalves(segments, scratch) : whole(segments, scratch);
  }

  /** A probe sees whole steps. */
  private boolean halves() {
    return probe == ForwardProbe.NONE && experts.overlaps(crew.threads());
  }

  private StepResult whole(List<StepSegment> segments, Scratch scratch) {
    Step step = new Step(trunk, segments);
    boolean done = false;
    try {
      lane.begin(step);
      for (TrunkLayer layer : trunk.layers()) {
        lane.layer(step, layer, scratch);
      }
      StepResult result = step.finish(lane.logits(step, scratch));
      done = true;
      return result;
    } finally {
      if (!done) {
        abandon(segments);
      }
    }
  }

  private StepResult inHalves(List<StepSegment> segments, Scratch scratch) {
    Step.check(trunk, segments);
    Halves parts = Halves.of(segments);
    Step first = new Step(trunk, parts.first());
    Step second = new Step(trunk, parts.second(), parts.ahead());
    first.failsWith(second);
    second.failsWith(first);
    boolean done = false;
    try {
      lane.begin(first);
      otherLane.begin(second);
      for (TrunkLayer layer : trunk.layers()) {
        lane.layer(first, layer, scratch);
        otherLane.layer(second, layer, scratch);
      }
      float[][] logits = lane.logits(first, scratch);
      float[][] otherLogits = otherLane.logits(second, scratch);
      StepResult result = parts.join(first.finish(logits), second.finish(otherLogits));
      done = true;
      return result;
    } finally {
      if (!done) {
        abandon(segments);
      }
    }
  }

  /** Whatever is still being computed writes into buffers that the next step needs. */
  private void abandon(List<StepSegment> segments) {
    segments.forEach(segment -> segment.sequence().spoil());
    try {
      lane.abandon();
    } finally {
      otherLane.abandon();
    }
  }
}
