package dev.switchboard.model;

import dev.switchboard.model.layer.KvTable;
import dev.switchboard.model.layer.MixerState;
import dev.switchboard.model.layer.NoState;
import dev.switchboard.model.layer.SequenceMemory;
import dev.switchboard.model.moe.Gate;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.snapshot.SnapshotHead;
import dev.switchboard.model.snapshot.StatePart;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the trunk remembers of one sequence: each mixer's state, each gate's memory, and the
 * position; of a model with attention, also the keys and values of all its tokens. One owner; what
 * stateful experts remember is with them.
 */
public final class SequenceState implements AutoCloseable {
  /**
   * Tokens after which a gate that remembers and has not seen those before is asked: with a decay
   * of 0.93 they are worth less than a hundredth by then.
   */
  private static final int SHADOW_LEARNS = 64;

  private static final float[] NOTHING = {};

  /** Why it leaves nothing. */
  public static final String DEGRADED = "experts were missing when its tokens were read";

  private final long id;
  private final Trunk trunk;
  private final MixerState[] mixers;
  private final GateUse gates;
  private final float[][] gateMemories;
  private final float[][] shadowMemories;
  private final KvTable keysAndValues;
  private final long declaredTokens;
  private long position;
  private long shadowFrom;
  private boolean usable = true;
  private boolean bearsLoss;
  private boolean degraded;

  /** Who wants to know what its gates read; null: nobody. */
  private @Nullable GateInputs gateInputs;

  /** With whom its states are shared; null: with nobody. */
  private @Nullable Object scope;

  private SequenceState(
      long id, Trunk trunk, MixerState[] mixers, GateMemories gates, SequenceMemory memory) {
    this.id = id;
    this.trunk = trunk;
    this.mixers = mixers;
    this.gates = gates.use;
    this.gateMemories = gates.active;
    this.shadowMemories = gates.shadow;
    this.keysAndValues = memory.keysAndValues();
    this.declaredTokens = memory.declaredTokens();
    moveTo(keysAndValues.length());
  }

  /** What gates remember, by layer: those that choose, and those that they are compared with. */
  @SuppressWarnings("ArrayRecordComponent") // the state's own
  private record GateMemories(GateUse use, float[][] active, float[][] shadow) {
    static GateMemories empty(Trunk trunk, GateUse use) {
      int layers = trunk.layers().size();
      return new GateMemories(
          use, empty(layers, Optional.of(use.gates())), empty(layers, use.shadow()));
    }

    private static float[][] empty(int layers, Optional<GateSet> gates) {
      float[][] memories = new float[layers][];
      Arrays.setAll(
          memories,
          layer -> gates.flatMap(set -> set.of(layer)).map(Gate::newMemory).orElse(NOTHING));
      return memories;
    }
  }

  /** Behind so many tokens that its shadow has not seen. */
  private void moveTo(long tokens) {
    position = tokens;
    boolean blind = tokens > 0 && gates.shadow().map(GateSet::remembers).orElse(false);
    shadowFrom = blind ? tokens + SHADOW_LEARNS : 0;
  }

  /**
   * A sequence before its first token, or behind a prefix that others have computed.
   *
   * @param id names it towards experts; unique among the sequences alive
   */
  static SequenceState newSequence(Trunk trunk, long id, SequenceMemory memory, GateUse gates) {
    MixerState[] mixers = new MixerState[trunk.layers().size()];
    for (TrunkLayer layer : trunk.layers()) {
      mixers[layer.index()] =
          layer.mixer().map(branch -> branch.block().newState(memory)).orElse(NoState.NONE);
    }
    return new SequenceState(id, trunk, mixers, GateMemories.empty(trunk, gates), memory);
  }

  public long id() {
    return id;
  }

  /** From now on, what its gates read is kept there. */
  public void keepGateInputs(GateInputs inputs) {
    gateInputs = inputs;
  }

  @Nullable GateInputs gateInputs() {
    return gateInputs;
  }

  /**
   * An independent sequence that has read the same tokens. What stateful experts remember has to be
   * forked with them.
   */
  public SequenceState fork(long newId) {
    checkUsable();
    KvTable table = keysAndValues.fork();
    SequenceMemory memory = new SequenceMemory(table, declaredTokens);
    MixerState[] states = new MixerState[mixers.length];
    GateMemories copies =
        new GateMemories(gates, new float[mixers.length][], new float[mixers.length][]);
    for (int i = 0; i < states.length; i++) {
      states[i] = mixers[i].copy(memory);
      copies.active[i] = gateMemories[i].clone();
      copies.shadow[i] = shadowMemories[i].clone();
    }
    SequenceState fork = new SequenceState(newId, trunk, states, copies, memory);
    fork.position = position;
    fork.shadowFrom = shadowFrom;
    fork.bearsLoss = bearsLoss;
    fork.degraded = degraded;
    return fork;
  }

  /**
   * All that the sequence is, to go on from elsewhere or later; made between steps. It shares
   * nothing with the sequence.
   *
   * @param tokens those read, and perhaps the next one, which is not
   * @param experts what {@code ExpertRunner.snapshot} says of the sequence
   * @throws SnapshotException if experts were missing: it is not what the model makes of the tokens
   */
  public SequenceSnapshot snapshot(int[] tokens, List<ExpertSnapshot> experts) {
    checkUsable();
    if (degraded) {
      throw new SnapshotException(Problem.UNAVAILABLE, DEGRADED);
    }
    List<StatePart> parts = new ArrayList<>(StateParts.save(this));
    parts.addAll(StateParts.save(keysAndValues));
    experts.forEach(state -> parts.add(StatePart.of(state)));
    return new SequenceSnapshot(head(tokens), parts);
  }

  /** Size of {@link #snapshot} as written, before it is made; without what experts remember. */
  public long snapshotBytes() {
    return trunk.snapshotBytes(position, gates);
  }

  private SnapshotHead head(int[] tokens) {
    return new SnapshotHead(
        trunk.origin(gates), position, tokens.clone(), trunk.ropeVariants(declaredTokens));
  }

  private void checkUsable() {
    if (!usable) {
      throw new IllegalStateException("sequence " + id + " is closed or has failed");
    }
  }

  /**
   * Becomes what the snapshot is of; before the first token.
   *
   * @throws SnapshotException if it is not of this model
   * @throws dev.switchboard.model.layer.KvCacheFullException if there is no room
   */
  void restore(SequenceSnapshot snapshot) {
    List<StatePart> parts = new MixerPlaces(layers()).trunk(snapshot, this);
    int taken = StateParts.restore(this, parts);
    int[] read = Arrays.copyOf(snapshot.tokens(), Math.toIntExact(snapshot.position()));
    StateParts.restore(keysAndValues, read, parts.subList(taken, parts.size()));
    moveTo(snapshot.position());
  }

  /**
   * What this sequence's experts are to remember: what the snapshot says of experts, and of the
   * recurrent mixers that are among the experts here, wherever they were when it was made.
   *
   * @throws SnapshotException if the state of a mixer is not what that mixer remembers
   */
  public List<ExpertSnapshot> experts(SequenceSnapshot snapshot) {
    return new MixerPlaces(layers()).experts(snapshot, this);
  }

  /**
   * Goes on from what was kept behind these tokens; their keys and values, if there are any, are in
   * its table.
   */
  void resume(MemorySegment kept, int[] read) {
    StateParts.copyIn(this, kept);
    if (keysAndValues.cache().blockBytes() == 0) {
      keysAndValues.restore(read, List.of());
    } else if (keysAndValues.length() != read.length) {
      throw new IllegalStateException(
          "keys and values of %d tokens; expected %d"
              .formatted(keysAndValues.length(), read.length));
    }
    moveTo(read.length);
  }

  /** Tokens read so far, those of a shared prefix included. */
  public long position() {
    return position;
  }

  /** Memory held. */
  public long bytes() {
    long sum = keysAndValues.bytes();
    for (MixerState mixer : mixers) {
      sum += mixer.bytes();
    }
    for (int i = 0; i < gateMemories.length; i++) {
      sum += (long) Float.BYTES * (gateMemories[i].length + shadowMemories[i].length);
    }
    return sum;
  }

  /** Whether it can go on: neither closed nor left half-way by a failed step. */
  public boolean usable() {
    return usable;
  }

  int layers() {
    return mixers.length;
  }

  /** What a layer's mixer remembers; to look at. */
  public MixerState mixer(int layer) {
    return mixers[layer];
  }

  /** {@code [experts]}; empty where the gate does not remember. */
  float[] gateMemory(int layer) {
    return gateMemories[layer];
  }

  /** What its shadow remembers; empty where there is none, or it does not remember. */
  float[] shadowMemory(int layer) {
    return shadowMemories[layer];
  }

  /** Position from which on its shadow is asked. */
  long shadowFrom() {
    return shadowFrom;
  }

  /** By what its tokens are routed. */
  public GateUse gates() {
    return gates;
  }

  boolean belongsTo(Trunk other) {
    return trunk == other;
  }

  /**
   * From now on it leaves nothing for others to share: for sequences whose answers are not quite
   * the model's, as where experts were missing.
   */
  public void keepPrivate() {
    keysAndValues.keepPrivate();
    scope = null;
  }

  /**
   * From now on experts without states that do not answer are left out, where others of the token
   * or a shared network are there, instead of ending the sequence.
   */
  public void bearLoss() {
    bearsLoss = true;
  }

  boolean bearsLoss() {
    return bearsLoss;
  }

  /** Whether experts were missing when its tokens were read: it leaves nothing then. */
  public boolean degraded() {
    return degraded;
  }

  void degrade() {
    degraded = true;
    keepPrivate();
  }

  /** What it leaves may be found by sequences of that scope. */
  void shareWith(Object given) {
    scope = given;
  }

  @Nullable Object sharedWith() {
    return scope;
  }

  /** Mixers work so many tokens behind {@link #position}: those are in a step under way. */
  void lookAhead(int tokens) {
    keysAndValues.lookAhead(tokens);
  }

  /** Makes room for a step. */
  void reserve(int tokens) {
    keysAndValues.reserve(tokens);
  }

  void advance(int[] tokens) {
    position += tokens.length;
    keysAndValues.append(tokens);
  }

  void spoil() {
    usable = false;
  }

  /** Lets its keys and values go. */
  @Override
  public void close() {
    usable = false;
    keysAndValues.close();
  }
}
