package dev.switchboard.model;

import dev.switchboard.model.TrunkLayer.TrunkBranch;
import dev.switchboard.model.architecture.ModelPlan.Factors;
import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Mixer;
import dev.switchboard.model.layer.PlacedMixer;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.moe.Routing;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one step on their way through the layers. A layer ends where its experts have been
 * asked; their answers are taken when the next one begins, so that another lane can use the time.
 * Its buffers grow to the largest step and stay.
 */
final class Lane {
  private final Trunk trunk;
  private final ForwardProbe probe;
  private final ExpertRunner experts;
  private final FeedPass feeds;
  private final int dModel;
  private final Factors factors;
  private float[] residual = new float[0];
  private float[] normed = new float[0];
  private float[] branch = new float[0];
  private @Nullable Asked asked;

  /** A layer whose experts have been asked. */
  private record Asked(
      TrunkLayer layer, TrunkBranch<TrunkLayer.Feed> block, FeedPass.Begun begun) {}

  Lane(Trunk trunk, ExpertRunner experts, ForwardProbe probe) {
    this.trunk = trunk;
    this.probe = probe;
    this.dModel = trunk.dModel();
    this.factors = trunk.plan().factors();
    this.experts = experts;
    this.feeds = new FeedPass(experts, probe, dModel);
  }

  /** Looks the tokens of the step up. */
  void begin(Step step) {
    asked = null;
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
  }

  private void reserve(int rows) {
    int floats = Math.multiplyExact(rows, dModel);
    if (residual.length < floats) {
      residual = new float[floats];
      normed = new float[floats];
      branch = new float[floats];
    }
  }

  /** Ends the layer before, mixes, and asks the experts. */
  void layer(Step step, TrunkLayer layer, Scratch scratch) {
    takeAnswers(step, scratch);
    layer.mixer().ifPresent(block -> mix(step, layer.index(), block, scratch));
    TrunkBranch<TrunkLayer.Feed> block = layer.feed().orElse(null);
    if (block == null) {
      probe.layer(layer.index(), residual, step.rows);
      return;
    }
    block.norm().forward(residual, 0, step.rows, normed, 0, scratch);
    FeedPass.Way way = new FeedPass.Way(normed, branch);
    asked = new Asked(layer, block, feeds.start(step, layer.index(), block.block(), way, scratch));
  }

  /** Final norm and logits, after the last layer. */
  float[][] logits(Step step, Scratch scratch) {
    takeAnswers(step, scratch);
    return new HeadPass(trunk, probe).logits(step, residual, scratch);
  }

  /** A step has failed: waits for what was asked, since its answers go to this lane's buffers. */
  void abandon() {
    Asked last = asked;
    asked = null;
    if (last != null) {
      last.begun().abandon();
    }
  }

  private void takeAnswers(Step step, Scratch scratch) {
    Asked last = asked;
    asked = null;
    if (last != null) {
      last.begun().finish(scratch);
      add(step, last.block(), scratch);
      endNonFinite(step, last.layer().index(), "experts");
      probe.layer(last.layer().index(), residual, step.rows);
    }
  }

  private void mix(Step step, int layer, TrunkBranch<Mixer> block, Scratch scratch) {
    block.norm().forward(residual, 0, step.rows, normed, 0, scratch);
    if (block.block() instanceof PlacedMixer placed) {
      mixElsewhere(step, layer, placed);
    } else {
      step.lookAhead(true);
      block
          .block()
          .forward(
              normed, step.starts, step.segments.size(), step.mixerStates(layer), branch, scratch);
      step.lookAhead(false);
    }
    add(step, block, scratch);
    endNonFinite(step, layer, "mixer");
  }

  private void mixElsewhere(Step step, int layer, PlacedMixer placed) {
    MoeCall call =
        new MoeCall(
            placed.expertLayer(),
            step.rows,
            dModel,
            normed,
            Routing.single(step.rows),
            step.sequenceOfRow,
            step.positionOfRow,
            step.dead,
            branch);
    for (MoeOutcome.Lost lost : experts.run(call).lost()) {
      step.fail(step.segmentOf(lost.token()), layer, List.of(SegmentFailure.MIXER), lost.reason());
    }
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
