package dev.switchboard.training.twin;

import java.io.Serializable;
import java.util.List;

/**
 * Sizes of a {@code switchboard} model, one of whose experts is awake for each token.
 *
 * @param vocab entries of the vocabulary
 * @param width dModel
 * @param layers number of layers
 * @param heads heads of the Mamba-2 mixer
 * @param headDim channels a head
 * @param state numbers of state a channel
 * @param kernel inputs of the causal convolution
 * @param sharedWidth width of the shared FFN
 * @param backbone what an expert is made of
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
    Backbone backbone,
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
    requirePositive("number of experts", experts.size());
  }

  /** With experts that are feed-forward networks. */
  public TwinConfig(
      int vocab,
      int width,
      int layers,
      int heads,
      int headDim,
      int state,
      int kernel,
      int sharedWidth,
      int expertWidth,
      List<String> experts) {
    this(
        vocab,
        width,
        layers,
        heads,
        headDim,
        state,
        kernel,
        sharedWidth,
        new Backbone.Ffn(expertWidth),
        experts);
  }

  /** The same sizes with other experts. */
  public TwinConfig with(Backbone other, List<String> names) {
    return new TwinConfig(
        vocab, width, layers, heads, headDim, state, kernel, sharedWidth, other, names);
  }

  /**
   * Units of an expert's network.
   *
   * @throws IllegalArgumentException if experts are no feed-forward networks
   */
  public int expertWidth() {
    if (backbone instanceof Backbone.Ffn ffn) {
      return ffn.width();
    }
    throw new IllegalArgumentException("experts are " + backbone + ", not feed-forward networks");
  }

  static void requirePositive(String what, int value) {
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

  /** Checkpoints name the run by this text: models with FFN experts keep the one that they had. */
  @Override
  public String toString() {
    String kind =
        backbone instanceof Backbone.Ffn ffn
            ? "expertWidth=" + ffn.width()
            : "backbone=" + backbone;
    return "TwinConfig[vocab=%d, width=%d, layers=%d, heads=%d, headDim=%d, state=%d, kernel=%d, sharedWidth=%d, %s, experts=%s]"
        .formatted(vocab, width, layers, heads, headDim, state, kernel, sharedWidth, kind, experts);
  }
}
