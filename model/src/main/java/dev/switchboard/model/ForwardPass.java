package dev.switchboard.model;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.layer.SwiGluFfn;
import dev.switchboard.model.moe.Combine;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.moe.Routing;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one forward loop: every model, every step.
 *
 * <pre>
 * h += mixer(norm(h));  u = norm(h);  h += (sum over the chosen of weight * expert(u)) + shared(u)
 * </pre>
 *
 * <p>The bits of a segment's result depend on the model and its sequence alone, not on what else is
 * in the step or where its tokens are cut into steps. Owned by one thread; its buffers grow to the
 * largest step and stay.
 */
public final class ForwardPass {
  private final Trunk trunk;
  private final ExpertRunner experts;
  private final int dModel;
  private @Nullable Scratch scratch;
  private float[] residual = new float[0];
  private float[] normed = new float[0];
  private float[] branch = new float[0];
  private float[] answers = new float[0];

  public ForwardPass(Trunk trunk, ExpertRunner experts) {
    this.trunk = trunk;
    this.experts = experts;
    this.dModel = trunk.dModel();
  }

  /**
   * Runs one step: all segments together, one product per matrix over all their rows. Sequences of
   * segments that fail, and all of a step that throws, cannot go on.
   *
   * @throws IllegalArgumentException if a segment has no tokens, a token outside the vocabulary, or
   *     a sequence that is closed, failed, of another trunk, or twice in the step; nothing is moved
   */
  public StepResult run(List<StepSegment> segments) {
    Step step = new Step(trunk, segments);
    if (scratch == null) {
      scratch = new Scratch();
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
    for (TrunkLayer layer : trunk.layers()) {
      mix(step, layer, scratch);
      feed(step, layer, scratch);
    }
    return logits(step, scratch);
  }

  private void reserve(int rows) {
    int floats = Math.multiplyExact(rows, dModel);
    if (residual.length < floats) {
      residual = new float[floats];
      normed = new float[floats];
      branch = new float[floats];
    }
  }

  private void mix(Step step, TrunkLayer layer, Scratch scratch) {
    layer.mixerNorm().forward(residual, 0, step.rows, normed, 0, scratch);
    layer
        .mixer()
        .forward(
            normed,
            step.starts,
            step.segments.size(),
            step.mixerStates(layer.index()),
            branch,
            scratch);
    Kernels.add(residual, 0, branch, 0, step.rows * dModel);
    endNonFinite(step, layer.index(), "mixer");
  }

  private void feed(Step step, TrunkLayer layer, Scratch scratch) {
    layer.feedNorm().forward(residual, 0, step.rows, normed, 0, scratch);
    Routing routing =
        layer
            .gate()
            .route(
                normed,
                step.starts,
                step.segments.size(),
                step.gateMemories(layer.index()),
                scratch);
    step.record(layer.index(), routing);
    runExperts(step, layer.index(), routing);
    SwiGluFfn shared = layer.shared().orElse(null);
    if (shared != null) {
      shared.forward(normed, 0, step.rows, branch, 0, scratch);
    }
    Combine.addTo(residual, dModel, routing, answers, shared == null ? null : branch, scratch);
    endNonFinite(step, layer.index(), "experts");
  }

  private void runExperts(Step step, int layer, Routing routing) {
    int floats = Math.multiplyExact(step.rows * routing.topK(), dModel);
    if (answers.length < floats) {
      answers = new float[floats];
    }
    MoeCall call =
        new MoeCall(
            layer,
            step.rows,
            dModel,
            normed,
            routing,
            step.sequenceOfRow,
            step.positionOfRow,
            step.dead,
            answers);
    MoeOutcome outcome = experts.run(call);
    step.lose(layer, outcome.lost());
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

  private float[][] logits(Step step, Scratch scratch) {
    int segments = step.segments.size();
    int[] wanted = new int[segments];
    int rows = 0;
    for (int i = 0; i < segments; i++) {
      if (step.segments.get(i).wantsLogits() && !step.failed(i)) {
        wanted[rows++] = i;
      }
    }
    float[][] logits = new float[segments][];
    if (rows == 0) {
      return logits;
    }
    float[] last = scratch.floats(Slot.HEAD_INPUT, rows * dModel);
    for (int i = 0; i < rows; i++) {
      int row = step.starts[wanted[i] + 1] - 1;
      System.arraycopy(residual, row * dModel, last, i * dModel, dModel);
    }
    int vocabulary = trunk.vocabulary();
    float[] all = new float[Math.multiplyExact(rows, vocabulary)];
    trunk.head().forward(last, 0, rows, all, scratch);
    for (int i = 0; i < rows; i++) {
      if (Kernels.firstNonFinite(all, i * vocabulary, vocabulary) >= 0) {
        failHead(step, wanted[i]);
      } else {
        logits[wanted[i]] =
            rows == 1 ? all : Arrays.copyOfRange(all, i * vocabulary, (i + 1) * vocabulary);
      }
    }
    return logits;
  }

  private void failHead(Step step, int segment) {
    int layers = trunk.layers().size();
    long position = step.positionOfRow[step.starts[segment + 1] - 1];
    step.fail(
        segment,
        layers,
        List.of(),
        "NaN or infinity in the logits (after layer " + (layers - 1) + ") at position " + position);
  }
}
