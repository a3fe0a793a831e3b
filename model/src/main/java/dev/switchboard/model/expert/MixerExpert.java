package dev.switchboard.model.expert;

import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Mixer;
import dev.switchboard.model.layer.MixerState;
import dev.switchboard.model.layer.RecurrentState;
import dev.switchboard.model.layer.SequenceMemory;
import java.util.Arrays;
import java.util.List;

/**
 * A recurrent mixer as an expert that every token chooses, so that it can be placed as experts are.
 * The same code as in a trunk, and so the same bits.
 */
public final class MixerExpert implements Expert {
  private static final SequenceMemory NO_KEYS = new SequenceMemory(0);

  private final Mixer mixer;
  private final int dModel;
  private final long multiplyAdds;
  private final long weightBytes;
  private final long stateBytes;

  /**
   * @param mixer one that keeps nothing in a cache of keys and values
   * @param multiplyAdds of one row
   * @param weightBytes of its matrices
   */
  public MixerExpert(Mixer mixer, int dModel, long multiplyAdds, long weightBytes) {
    if (!(mixer.newState(NO_KEYS) instanceof RecurrentState first)) {
      throw new IllegalArgumentException(mixer + " is no recurrent mixer");
    }
    this.mixer = mixer;
    this.dModel = dModel;
    this.multiplyAdds = multiplyAdds;
    this.weightBytes = weightBytes;
    this.stateBytes = MixerExpertState.HEADER_BYTES + first.bytes();
  }

  @Override
  public int dModel() {
    return dModel;
  }

  @Override
  public long multiplyAddsPerRow() {
    return multiplyAdds;
  }

  @Override
  public boolean stateful() {
    return true;
  }

  @Override
  public MixerExpertState newState() {
    return new MixerExpertState((RecurrentState) mixer.newState(NO_KEYS), 0);
  }

  @Override
  public MixerExpertState readState(byte[] bytes) {
    if (bytes.length != stateBytes) {
      throw new IllegalArgumentException(
          "a state of %d bytes; those of this mixer have %d".formatted(bytes.length, stateBytes));
    }
    return newState().read(bytes);
  }

  @Override
  public long packedBytes() {
    return weightBytes;
  }

  /** None: every token asks it. */
  @Override
  public List<PackedMatrix> matrices() {
    return List.of();
  }

  // size: arrays and offsets instead of views, nothing is allocated per call that begins at 0
  @Override
  public void forward(
      float[] in,
      int inOffset,
      int rows,
      ExpertState state,
      float[] out,
      int outOffset,
      Scratch scratch) {
    if (!(state instanceof MixerExpertState mine)
        || mine.memory().bytes() != stateBytes - MixerExpertState.HEADER_BYTES) {
      throw new IllegalArgumentException("a state of another expert: " + state);
    }
    int floats = rows * dModel;
    float[] from = inOffset == 0 ? in : Arrays.copyOfRange(in, inOffset, inOffset + floats);
    float[] to = outOffset == 0 ? out : new float[floats];
    mixer.forward(from, new int[] {0, rows}, 1, new MixerState[] {mine.memory()}, to, scratch);
    if (outOffset != 0) {
      System.arraycopy(to, 0, out, outOffset, floats);
    }
    mine.advance(rows);
  }
}
