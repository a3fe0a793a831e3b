package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.kernel.Scratch;
import java.util.Optional;

/** What mixes along the sequence. Immutable; what a sequence has been through is in its state. */
public sealed interface Mixer
    permits AttentionMixer, LatentAttentionMixer, Mamba1Mixer, Mamba2Mixer, PlacedMixer {
  /** The state before a sequence's first token; what is paged comes from the sequence's memory. */
  MixerState newState(SequenceMemory memory);

  /** What it keeps of each token in the cache of keys and values; most keep nothing there. */
  default KvShape kvShape() {
    return KvShape.NONE;
  }

  /** How it encodes positions, if it does. */
  default Optional<Rope> rope() {
    return Optional.empty();
  }

  /**
   * {@code [rows, dModel] -> [rows, dModel]}. Rows belong to several sequences: segment i has rows
   * {@code starts[i]} (inclusive) to {@code starts[i + 1]} (exclusive) and moves {@code states[i]}.
   * A segment's output does not depend on the others.
   *
   * @param starts at least {@code segments + 1} long, ascending from 0
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void forward(
      float[] in, int[] starts, int segments, MixerState[] states, float[] out, Scratch scratch);
}
