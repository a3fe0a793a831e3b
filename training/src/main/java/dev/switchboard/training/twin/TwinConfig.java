package dev.switchboard.training.twin;

import java.io.Serializable;
import java.util.List;

/**
 * Sizes of a {@code switchboard} model with FFN experts, one of which is awake for each token.
 *
 * @param vocab entries of the vocabulary
 * @param width dModel
 * @param layers number of layers
 * @param heads heads of the Mamba-2 mixer
 * @param headDim channels a head
 * @param state numbers of state a channel
 * @param kernel inputs of the causal convolution
 * @param sharedWidth width of the shared FFN
 * @param expertWidth width of an expert
 * @param experts names of the experts, in the order of the gate's rows
 */
public record TwinConfig(
    int vocab,
    int width,
    int layers,
    int heads,
    int headDim,
    int state,
    int kernel,
    int sharedWidth,
    int expertWidth,
    List<String> experts)
    implements Serializable {
  public static final float EPSILON = 1e-5f;

  public TwinConfig {
    experts = List.copyOf(experts);
    requirePositive("vocab", vocab);
    requirePositive("width", width);
    requirePositive("layers", layers);
    requirePositive("heads", heads);
    requirePositive("headDim", headDim);
    requirePositive("state", state);
    requirePositive("kernel", kernel);
    requirePositive("sharedWidth", sharedWidth);
    requirePositive("expertWidth", expertWidth);
    requirePositive("number of experts", experts.size());
  }

  private static void requirePositive(String what, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(what + " must be positive, not " + value);
    }
  }

  /** Channels of the mixer. */
  public int inner() {
    return heads * headDim;
  }

  /** Channels that pass through the convolution: x, B and C. */
  public int convolved() {
    return inner() + 2 * state;
  }

  /** Rows of the mixer's input projection: z, x, B, C, dt. */
  public int projected() {
    return inner() + convolved() + heads;
  }

  public int expertCount() {
    return experts.size();
  }
}
