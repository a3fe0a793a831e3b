package dev.switchboard.model;

import dev.switchboard.model.TrunkLayer.TrunkBranch;
import dev.switchboard.model.architecture.ModelPlan.Factors;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Mixer;
import dev.switchboard.model.moe.ExpertRunner;
import java.util.Arrays;
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
 * in the step or where its tokens are cut into steps. Owned by one thread; its buffers grow to the
 * largest step and stay.
 */
public final class ForwardPass {
  private final Trunk trunk;
  private final Crew crew;
  private final ForwardProbe probe;
  private final FeedPass feeds;
  private final int dModel;
  private final Factors factors;
  private @Nullable Scratch scratch;
  private float[] residual = new float[0];
  private float[] normed = new float[0];
  private float[] branch = new float[0];

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
    this.probe = probe;
    this.dModel = trunk.dModel();
    this.factors = trunk.plan().factors();
    this.feeds = new FeedPass(experts, probe, dModel);
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
    Step step = new Step(trunk, segments);
    if (scratch == null) {
      scratch = new Scratch(crew);
    }
    boolean done = false;
    try {
      StepResult result = step.finish(compute(step, scratch));
      done = true;
      return result;
    } finally {
      if (!done) {
        segments.forEach(segment -> segment.sequence().spoil());
      }
    }
  }

  private float[][] compute(Step step, Scratch scratch) {
    reserve(step.rows);
    int row = 0;
    for (StepSegment segment : step.segments) {
      for (int token : segment.tokens()) {
        trunk.embedding().lookUp(token, residual, row++ * dModel);
      }
    }
    if (factors.embedding() != 1f) {
      ElementKernels.multiply(residual, 0, factors.embedding(), step.rows * dModel);
    }
    probe.embeddings(residual, step.rows);
    for (TrunkLayer layer : trunk.layers()) {
      layer.mixer().ifPresent(block -> mix(step, layer.index(), block, scratch));
      layer.feed().ifPresent(block -> feed(step, layer.index(), block, scratch));
      probe.layer(layer.index(), residual, step.rows);
    }
    return new HeadPass(trunk, probe).logits(step, residual, scratch);
  }

  private void reserve(int rows) {
    int floats = Math.multiplyExact(rows, dModel);
    if (residual.length < floats) {
      residual = new float[floats];
      normed = new float[floats];
      branch = new float[floats];
    }
  }

  private void mix(Step step, int layer, TrunkBranch<Mixer> block, Scratch scratch) {
    block.norm().forward(residual, 0, step.rows, normed, 0, scratch);
    block
        .block()
        .forward(
            normed, step.starts, step.segments.size(), step.mixerStates(layer), branch, scratch);
    add(step, block, scratch);
    endNonFinite(step, layer, "mixer");
  }

  private void feed(Step step, int layer, TrunkBranch<TrunkLayer.Feed> block, Scratch scratch) {
    block.norm().forward(residual, 0, step.rows, normed, 0, scratch);
    feeds.run(step, layer, block.block(), new FeedPass.Way(normed, branch), scratch);
    add(step, block, scratch);
    endNonFinite(step, layer, "experts");
  }

  private void add(Step step, TrunkBranch<?> block, Scratch scratch) {
    block.after().ifPresent(norm -> norm.forward(branch, 0, step.rows, branch, 0, scratch));
    if (factors.residual() == 1f) {
      Kernels.add(residual, 0, branch, 0, step.rows * dModel);
    } else {
      Kernels.multiplyAdd(factors.residual(), branch, 0, residual, 0, step.rows * dModel);
    }
  }

  /** Ends segments whose residual stream is no longer finite, and silences all that have ended. */
  private void endNonFinite(Step step, int layer, String where) {
    int at = Kernels.firstNonFinite(residual, 0, step.rows * dModel);
    while (at >= 0) {
      int row = at / dModel;
      int segment = step.segmentOf(row);
      step.fail(
          segment,
          layer,
          List.of(),
          "NaN or infinity in layer "
              + layer
              + " ("
              + where
              + ") at position "
              + step.positionOfRow[row]);
      int next = step.starts[segment + 1] * dModel;
      Arrays.fill(residual, step.starts[segment] * dModel, next, 0f);
      int found = Kernels.firstNonFinite(residual, next, step.rows * dModel - next);
      at = found < 0 ? -1 : next + found;
    }
  }
}
