package dev.switchboard.model.moe;

/**
 * What one layer of one step asks of its experts. The arrays belong to the caller and are valid
 * during {@link ExpertRunner#run} only; {@code input} and {@code outputs} may be longer than said.
 *
 * @param layer index of the layer in the model
 * @param input {@code [tokens, dModel]}
 * @param sequenceOfToken id of each token's sequence; the tokens of a sequence lie together, in
 *     order
 * @param positionOfToken each token's position in its sequence
 * @param dead tokens of sequences that have already failed: skip them
 * @param outputs {@code [tokens, topK, dModel]}: to be written, in the order of the ranks
 */
public record MoeCall(
    int layer,
    int tokens,
    int dModel,
    float[] input,
    Routing routing,
    long[] sequenceOfToken,
    long[] positionOfToken,
    boolean[] dead,
    float[] outputs) {
  public MoeCall {
    long values = (long) tokens * dModel;
    if (routing.tokens() != tokens
        || input.length < values
        || outputs.length < values * routing.topK()
        || sequenceOfToken.length < tokens
        || positionOfToken.length < tokens
        || dead.length < tokens) {
      throw new IllegalArgumentException(
          "a call for "
              + tokens
              + " tokens of "
              + dModel
              + " with routing of "
              + routing.tokens()
              + ", input "
              + input.length
              + ", outputs "
              + outputs.length);
    }
  }
}
