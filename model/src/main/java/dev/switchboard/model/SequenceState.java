package dev.switchboard.model;

import dev.switchboard.model.layer.KvTable;
import dev.switchboard.model.layer.MixerState;
import dev.switchboard.model.layer.NoState;
import dev.switchboard.model.layer.SequenceMemory;
import dev.switchboard.model.moe.Gate;

/**
 * What the trunk remembers of one sequence: each mixer's state, each gate's memory, and the
 * position; of a model with attention, also the keys and values of all its tokens. One owner; what
 * stateful experts remember is with them.
 */
public final class SequenceState implements AutoCloseable {
  private final long id;
  private final Trunk trunk;
  private final MixerState[] mixers;
  private final float[][] gateMemories;
  private final KvTable keysAndValues;
  private long position;
  private boolean usable = true;

  private SequenceState(
      long id, Trunk trunk, MixerState[] mixers, float[][] gateMemories, KvTable keysAndValues) {
    this.id = id;
    this.trunk = trunk;
    this.mixers = mixers;
    this.gateMemories = gateMemories;
    this.keysAndValues = keysAndValues;
    this.position = keysAndValues.length();
  }

  /**
   * A sequence before its first token, or behind a prefix that others have computed.
   *
   * @param id names it towards experts; unique among the sequences alive
   */
  static SequenceState newSequence(Trunk trunk, long id, SequenceMemory memory) {
    MixerState[] mixers = new MixerState[trunk.layers().size()];
    float[][] gates = new float[mixers.length][];
    for (TrunkLayer layer : trunk.layers()) {
      mixers[layer.index()] =
          layer.mixer().map(branch -> branch.block().newState(memory)).orElse(NoState.NONE);
      gates[layer.index()] = layer.gate().map(Gate::newMemory).orElse(new float[0]);
    }
    return new SequenceState(id, trunk, mixers, gates, memory.keysAndValues());
  }

  public long id() {
    return id;
  }

  /**
   * An independent sequence that has read the same tokens. What stateful experts remember has to be
   * forked with them.
   */
  public SequenceState fork(long newId) {
    if (!usable) {
      throw new IllegalStateException("sequence " + id + " is closed or has failed");
    }
    KvTable table = keysAndValues.fork();
    SequenceMemory memory = new SequenceMemory(table, 0);
    MixerState[] states = new MixerState[mixers.length];
    float[][] gates = new float[mixers.length][];
    for (int i = 0; i < states.length; i++) {
      states[i] = mixers[i].copy(memory);
      gates[i] = gateMemories[i].clone();
    }
    SequenceState fork = new SequenceState(newId, trunk, states, gates, table);
    fork.position = position;
    return fork;
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
    for (float[] memory : gateMemories) {
      sum += (long) Float.BYTES * memory.length;
    }
    return sum;
  }

  /** Whether it can go on: neither closed nor left half-way by a failed step. */
  public boolean usable() {
    return usable;
  }

  /** What a layer's mixer remembers; to look at. */
  public MixerState mixer(int layer) {
    return mixers[layer];
  }

  /** {@code [experts]}; empty where the gate does not remember. */
  float[] gateMemory(int layer) {
    return gateMemories[layer];
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
