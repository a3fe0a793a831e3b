package dev.switchboard.model;

import dev.switchboard.model.layer.MixerState;
import dev.switchboard.model.layer.NoState;
import dev.switchboard.model.layer.SequenceMemory;
import dev.switchboard.model.moe.Gate;

/**
 * What the trunk remembers of one sequence: each mixer's state, each gate's memory, and the
 * position. Its size does not grow with the sequence. One owner; what stateful experts remember is
 * with them.
 */
public final class SequenceState implements AutoCloseable {
  private final long id;
  private final Trunk trunk;
  private final MixerState[] mixers;
  private final float[][] gateMemories;
  private long position;
  private boolean usable = true;

  private SequenceState(long id, Trunk trunk, MixerState[] mixers, float[][] gateMemories) {
    this.id = id;
    this.trunk = trunk;
    this.mixers = mixers;
    this.gateMemories = gateMemories;
  }

  /**
   * A sequence before its first token.
   *
   * @param id names it towards experts; unique among the sequences alive
   * @param declaredTokens length of its prompt; 0 if it is not known
   */
  static SequenceState newSequence(Trunk trunk, long id, long declaredTokens) {
    SequenceMemory memory = new SequenceMemory(declaredTokens);
    MixerState[] mixers = new MixerState[trunk.layers().size()];
    float[][] gates = new float[mixers.length][];
    for (TrunkLayer layer : trunk.layers()) {
      mixers[layer.index()] =
          layer.mixer().map(branch -> branch.block().newState(memory)).orElse(NoState.NONE);
      gates[layer.index()] = layer.gate().map(Gate::newMemory).orElse(new float[0]);
    }
    return new SequenceState(id, trunk, mixers, gates);
  }

  public long id() {
    return id;
  }

  /** Tokens read so far. */
  public long position() {
    return position;
  }

  /** Memory held. */
  public long bytes() {
    long sum = 0;
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

  void advance(int tokens) {
    position += tokens;
  }

  void spoil() {
    usable = false;
  }

  @Override
  public void close() {
    usable = false;
  }
}
