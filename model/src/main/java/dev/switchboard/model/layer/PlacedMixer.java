package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Scratch;

/**
 * A recurrent mixer that is not in the trunk: it is computed as an expert of one that every token
 * chooses, wherever experts are, and its states are there.
 *
 * @param expertLayer the number under which it is known as an expert's layer
 */
public record PlacedMixer(int expertLayer) implements Mixer {
  @Override
  public MixerState newState(SequenceMemory memory) {
    return NoState.NONE;
  }

  // size: as the interface has it
  @Override
  public void forward(
      float[] in, int[] starts, int segments, MixerState[] states, float[] out, Scratch scratch) {
    throw new IllegalStateException("the mixer of " + this + " is not in this process's trunk");
  }
}
