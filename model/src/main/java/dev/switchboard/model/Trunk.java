package dev.switchboard.model;

import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.layer.Embedding;
import dev.switchboard.model.layer.Head;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.moe.MoeOutcome;
import java.util.ArrayList;
import java.util.List;

/** All of a model but its experts. Immutable, shared by all sequences. */
public final class Trunk {
  private static final long WARM_SEQUENCE = -1;
  private static final int[] WARM_STEPS = {16, 1, 1, 1, 1};

  private final ModelPlan plan;
  private final Embedding embedding;
  private final List<TrunkLayer> layers;
  private final Head head;

  Trunk(ModelPlan plan, Embedding embedding, List<TrunkLayer> layers, Head head) {
    this.plan = plan;
    this.embedding = embedding;
    this.layers = List.copyOf(layers);
    this.head = head;
  }

  static Trunk load(ModelPlan plan, Weights weights) {
    LayerLoader loader = LayerLoader.of(plan, weights);
    PackedMatrix table = weights.matrix(plan.embedding(), 0);
    Linear head =
        plan.head().weight().equals(plan.embedding())
            ? new Linear(table)
            : weights.linear(plan.head(), 0);
    List<TrunkLayer> layers = new ArrayList<>();
    for (int i = 0; i < plan.layers().size(); i++) {
      layers.add(loader.layer(i));
    }
    return new Trunk(
        plan, new Embedding(table), layers, new Head(weights.norm(plan.finalNorm()), head));
  }

  public ModelPlan plan() {
    return plan;
  }

  public int dModel() {
    return plan.dModel();
  }

  public int vocabulary() {
    return plan.vocabulary();
  }

  /** A sequence before its first token, of a prompt whose length is not known. */
  public SequenceState newSequence(long id) {
    return newSequence(id, 0);
  }

  /**
   * A sequence before its first token.
   *
   * @param id names it towards experts; unique among the sequences alive
   * @param declaredTokens length of its prompt: rope kinds that depend on it keep to it
   */
  public SequenceState newSequence(long id, long declaredTokens) {
    return SequenceState.newSequence(this, id, declaredTokens);
  }

  /**
   * Runs each kernel on tiny shapes, then a few steps of a sequence that is thrown away, so that
   * the first request meets compiled code. Costs about a second of one core, and as much of the
   * compiler.
   *
   * @return steps that ran
   */
  public int warm() {
    Kernels.warm();
    ForwardPass pass = new ForwardPass(this, call -> MoeOutcome.complete());
    int steps = 0;
    try (SequenceState sequence = newSequence(WARM_SEQUENCE)) {
      for (int tokens : WARM_STEPS) {
        pass.run(List.of(new StepSegment(sequence, new int[tokens], true)));
        steps++;
      }
    }
    return steps;
  }

  Embedding embedding() {
    return embedding;
  }

  List<TrunkLayer> layers() {
    return layers;
  }

  Head head() {
    return head;
  }
}
