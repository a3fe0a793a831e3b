package dev.switchboard.router.engine;

import java.util.List;

/**
 * A prompt that was routed.
 *
 * @param majority expert that most (token, layer) pairs chose first; ties to the lower index
 * @param perToken choices of each token; empty if not asked for
 */
public record RouteSummary(
    int tokens, int majority, CallCounts calls, List<TokenChoices> perToken) {}
