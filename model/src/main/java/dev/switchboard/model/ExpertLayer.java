package dev.switchboard.model;

/**
 * The experts of one layer, as seen from outside: what a placement, a message and a bill need to
 * know without loading any of them.
 *
 * @param layer its index in the model
 * @param experts how many there are, at least 1
 * @param topK how many are awake a token
 * @param width of the rows that they take and give; less than the model's where they work in a
 *     narrower space
 * @param stateBytes what one of them remembers of a sequence, in its binary form; 0: nothing
 * @param activationBlock columns that share a scale where all of them take activations as codes; 0:
 *     they take floats
 * @param multiplyAddsPerRow what one row costs one of them
 */
public record ExpertLayer(
    int layer,
    int experts,
    int topK,
    int width,
    long stateBytes,
    int activationBlock,
    long multiplyAddsPerRow) {
  /** Whether they remember the tokens of a sequence. */
  public boolean stateful() {
    return stateBytes > 0;
  }
}
