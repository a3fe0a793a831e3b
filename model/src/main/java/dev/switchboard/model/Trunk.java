package dev.switchboard.model;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.kernel.AttentionKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Processors;
import dev.switchboard.model.layer.Embedding;
import dev.switchboard.model.layer.Head;
import dev.switchboard.model.layer.KvCache;
import dev.switchboard.model.layer.KvCacheFullException;
import dev.switchboard.model.layer.KvTable;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.layer.SequenceMemory;
import dev.switchboard.model.memory.MachineMemory;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.snapshot.SnapshotOrigin;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

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
  private final Supplier<SnapshotOrigin> origin;
  private final GateUse usual;

  // size: what a trunk is made of, once
  Trunk(
      ModelPlan plan,
      Embedding embedding,
      List<TrunkLayer> layers,
      Head head,
      Supplier<SnapshotOrigin> origin,
      GateSet gates) {
    this.origin = origin;
    this.usual = GateUse.of(gates);
    this.plan = plan;
    this.embedding = embedding;
    this.layers = List.copyOf(layers);
    this.head = head;
    this.keysAndValues =
        new KvCache(
            layers.stream().map(Trunk::kvShape).toList(), MachineMemory.here().keyValueBytes());
    this.sharesPrefixes = remembersByAttentionAlone();
  }

  /**
   * @param mixersPlaced whether recurrent mixers are elsewhere
   * @param origin asked for when the first snapshot is: naming a model by its content takes a
   *     moment
   * @param gates in place of the model's own
   */
  // size: what a trunk is made of, once
  static Trunk load(
      ModelPlan plan,
      boolean mixersPlaced,
      Weights weights,
      Supplier<SnapshotOrigin> origin,
      Optional<GateSet> gates) {
    LayerLoader loader = LayerLoader.of(plan, mixersPlaced, weights);
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
        new Head(weights.norm(plan.finalNorm()), head),
        origin,
        gates.orElseGet(() -> ownGates(layers)));
  }

  private static GateSet ownGates(TrunkLayer[] layers) {
    return new GateSet(GateArtifact.OWN, Stream.of(layers).map(TrunkLayer::gate).toList());
  }

  /** By what sequences are routed of which nothing is said. */
  public GateUse usualGates() {
    return usual;
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
    return newSequence(id, declaredTokens, usual);
  }

  /** The same, routed by these gates. */
  public SequenceState newSequence(long id, long declaredTokens, GateUse gates) {
    return SequenceState.newSequence(
        this, id, new SequenceMemory(keysAndValues.newTable(), declaredTokens), gates);
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
    return newSequence(id, prompt, prompt.length, tenant, usual);
  }

  /**
   * The same for a sequence that has gone on behind its prompt and lost its state.
   *
   * @param tokens its prompt and what followed
   * @param declaredTokens length of its prompt alone
   */
  public SequenceState newSequence(
      long id, int[] tokens, long declaredTokens, String tenant, GateUse gates) {
    if (!sharesPrefixes) {
      return newSequence(id, declaredTokens, gates);
    }
    Object scope = prefixScope(declaredTokens, tenant, gates);
    KvTable table = keysAndValues.newTable(scope, tokens);
    return SequenceState.newSequence(this, id, new SequenceMemory(table, declaredTokens), gates);
  }

  /**
   * A sequence that goes on where the snapshot was made. What its experts remember has to be
   * restored with them: {@link SequenceState#experts}. It leaves no keys and values for others to
   * find.
   *
   * @param id names it towards experts; unique among the sequences alive
   * @param declaredTokens length of the prompt, as it is declared now
   * @throws SnapshotException naming what does not fit this model; or if there is no room for its
   *     keys and values
   */
  public SequenceState restore(long id, SequenceSnapshot snapshot, long declaredTokens) {
    return restore(id, snapshot, declaredTokens, usual);
  }

  /** The same, routed by these gates, by which the snapshot was made as well. */
  public SequenceState restore(
      long id, SequenceSnapshot snapshot, long declaredTokens, GateUse gates) {
    check(snapshot, declaredTokens, gates);
    SequenceState state = newSequence(id, declaredTokens, gates);
    try {
      state.restore(snapshot);
      return state;
    } catch (KvCacheFullException e) {
      state.close();
      throw new SnapshotException(Problem.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    } catch (SnapshotException e) {
      state.close();
      throw e;
    }
  }

  /**
   * Whether a snapshot is of this model, as far as its head says.
   *
   * @throws SnapshotException naming what does not fit
   */
  public void check(SequenceSnapshot snapshot, long declaredTokens) {
    check(snapshot, declaredTokens, usual);
  }

  private void check(SequenceSnapshot snapshot, long declaredTokens, GateUse gates) {
    snapshot.origin().check(origin(gates));
    List<Long> variants = ropeVariants(declaredTokens);
    if (!snapshot.head().ropeVariants().equals(variants)) {
      throw new SnapshotException(
          Problem.OTHER_MODEL,
          "the state was read with rope of variants %s; a prompt of %d tokens has %s"
              .formatted(snapshot.head().ropeVariants(), declaredTokens, variants));
    }
    for (int token : snapshot.head().tokens()) {
      if (token < 0 || token >= vocabulary()) {
        throw new SnapshotException(
            Problem.DAMAGED,
            "the state has read token %d; the vocabulary has %d".formatted(token, vocabulary()));
      }
    }
  }

  /** What snapshots of sequences of which nothing is said are told apart by. */
  public SnapshotOrigin origin() {
    return origin(usual);
  }

  /** What snapshots of sequences that are routed so are told apart by. */
  public SnapshotOrigin origin(GateUse gates) {
    return gates.origin(origin.get());
  }

  /**
   * Size of a snapshot behind so many tokens, as written, without what experts remember: known
   * before one is made.
   */
  public long snapshotBytes(long tokens) {
    return snapshotBytes(tokens, usual);
  }

  long snapshotBytes(long tokens, GateUse gates) {
    int count = Math.toIntExact(tokens);
    int blocks = keysAndValues.blocksFor(count);
    long[] fixed;
    try (SequenceState state = newSequence(WARM_SEQUENCE, 0, gates)) {
      fixed = StateParts.sizes(state);
    }
    return SequenceSnapshot.bytes(
        origin(gates),
        new SequenceSnapshot.Sizes(
            count, ropeVariants(count).size(), fixed, blocks, keysAndValues.blockBytes()));
  }

  /** What a sequence remembers here that does not grow with its tokens. */
  public long stateBytes() {
    try (SequenceState state = newSequence(WARM_SEQUENCE)) {
      return StateParts.fixedBytes(state);
    }
  }

  /** What besides its tokens decides a sequence's keys and values. */
  record PrefixScope(List<Long> ropeVariants, String tenant, String gates) {}

  PrefixScope prefixScope(long declaredTokens, String tenant, GateUse gates) {
    return new PrefixScope(ropeVariants(declaredTokens), tenant, gates.key());
  }

  List<Long> ropeVariants(long declaredTokens) {
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
