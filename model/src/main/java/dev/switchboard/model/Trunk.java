package dev.switchboard.model;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.kernel.AttentionKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Processors;
import dev.switchboard.model.layer.Embedding;
import dev.switchboard.model.layer.Head;
import dev.switchboard.model.layer.KvCache;
import dev.switchboard.model.layer.KvTable;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.layer.SequenceMemory;
import dev.switchboard.model.moe.MoeOutcome;
import java.lang.management.ManagementFactory;
import java.util.List;

/** All of a model but its experts. Immutable, shared by all sequences. */
public final class Trunk {
  private static final long WARM_SEQUENCE = -1;
  private static final int[] WARM_STEPS = {16, 1, 1, 1, 1};

  private final ModelPlan plan;
  private final Embedding embedding;
  private final List<TrunkLayer> layers;
  private final Head head;
  private final KvCache keysAndValues;
  private final boolean sharesPrefixes;

  Trunk(ModelPlan plan, Embedding embedding, List<TrunkLayer> layers, Head head) {
    this.plan = plan;
    this.embedding = embedding;
    this.layers = List.copyOf(layers);
    this.head = head;
    this.keysAndValues =
        new KvCache(layers.stream().map(Trunk::kvShape).toList(), defaultKvBytes());
    this.sharesPrefixes = remembersByAttentionAlone();
  }

  static Trunk load(ModelPlan plan, Weights weights) {
    LayerLoader loader = LayerLoader.of(plan, weights);
    PackedMatrix table = weights.matrix(plan.embedding(), 0);
    Linear head =
        plan.head().weight().equals(plan.embedding())
            ? new Linear(table)
            : weights.linear(plan.head(), 0);
    TrunkLayer[] layers = new TrunkLayer[plan.layers().size()];
    Processors.forEach(layers.length, i -> layers[i] = loader.layer(i));
    return new Trunk(
        plan,
        new Embedding(table),
        List.of(layers),
        new Head(weights.norm(plan.finalNorm()), head));
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

  private static KvShape kvShape(TrunkLayer layer) {
    return layer.mixer().map(branch -> branch.block().kvShape()).orElse(KvShape.NONE);
  }

  /** A quarter of the machine's memory; what is not used is not taken. */
  private static long defaultKvBytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? machine.getTotalMemorySize() / 4
        : 1L << 30;
  }

  private boolean remembersByAttentionAlone() {
    boolean attention = false;
    for (TrunkLayer layer : layers) {
      boolean keeps = kvShape(layer).heads() > 0;
      boolean gateRemembers = layer.gate().map(gate -> gate.newMemory().length > 0).orElse(false);
      boolean statefulExperts =
          plan.layers().get(layer.index()).moe().stream()
              .anyMatch(moe -> moe.expert() instanceof ExpertPlan.Mamba);
      if (layer.mixer().isPresent() && !keeps || gateRemembers || statefulExperts) {
        return false;
      }
      attention |= keeps;
    }
    return attention;
  }

  /** Keys and values of all sequences: its budget, and what a sequence will need. */
  public KvCache kvCache() {
    return keysAndValues;
  }

  /**
   * Whether sequences that begin alike share what they have in common: only where attention is all
   * that a sequence leaves behind.
   */
  public boolean sharesPrefixes() {
    return sharesPrefixes;
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
    return SequenceState.newSequence(
        this, id, new SequenceMemory(keysAndValues.newTable(), declaredTokens));
  }

  /**
   * A sequence for that prompt. It may be some tokens on already, if others have left them: {@link
   * SequenceState#position()} says how many, always fewer than the prompt has; the rest is to be
   * run. The same bits as from the start. What it reads, others will find in turn.
   *
   * @param id names it towards experts; unique among the sequences alive
   * @param tenant sequences of different tenants share nothing
   */
  public SequenceState newSequence(long id, int[] prompt, String tenant) {
    return newSequence(id, prompt, prompt.length, tenant);
  }

  /**
   * The same for a sequence that has gone on behind its prompt and lost its state.
   *
   * @param tokens its prompt and what followed
   * @param declaredTokens length of its prompt alone
   */
  public SequenceState newSequence(long id, int[] tokens, long declaredTokens, String tenant) {
    if (!sharesPrefixes) {
      return newSequence(id, declaredTokens);
    }
    PrefixScope scope = new PrefixScope(ropeVariants(declaredTokens), tenant);
    KvTable table = keysAndValues.newTable(scope, tokens);
    return SequenceState.newSequence(this, id, new SequenceMemory(table, declaredTokens));
  }

  /** What besides its tokens decides a sequence's keys and values. */
  private record PrefixScope(List<Long> ropeVariants, String tenant) {}

  private List<Long> ropeVariants(long declaredTokens) {
    return layers.stream()
        .flatMap(layer -> layer.mixer().stream())
        .flatMap(branch -> branch.block().rope().stream())
        .distinct()
        .map(rope -> rope.variant(declaredTokens))
        .toList();
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
    if (keysAndValues.blockBytes() > 0) {
      AttentionKernels.warm();
    }
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
