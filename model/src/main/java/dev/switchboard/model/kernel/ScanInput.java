package dev.switchboard.model.kernel;

/**
 * Where the inputs of a scan lie: x, B and C of token t in one array, at their offset plus {@code t
 * * stride}.
 *
 * @param values holds x {@code [heads * headDim]}, B and C {@code [groups * stateSize]} of each
 *     token
 * @param stepSizes dt {@code [tokens, heads]}, after softplus
 * @param decays exp(A dt) {@code [tokens, heads]}
 * @param skip D {@code [heads]}
 */
public record ScanInput(
    float[] values,
    int xOffset,
    int bOffset,
    int cOffset,
    int stride,
    float[] stepSizes,
    float[] decays,
    float[] skip) {}
