package dev.switchboard.model.kernel;

/**
 * Where the inputs of a selective scan lie.
 *
 * @param x {@code [tokens, inner]} at {@code xOffset}
 * @param steps dt after softplus, {@code [tokens, inner]} at {@code stepsOffset}
 * @param selected holds B and C {@code [stateSize]} of token t at their offset plus {@code t *
 *     stride}
 */
public record SelectiveInput(
    float[] x,
    int xOffset,
    float[] steps,
    int stepsOffset,
    float[] selected,
    int bOffset,
    int cOffset,
    int stride) {}
