package dev.switchboard.router.engine;

import dev.switchboard.model.GateInputs;
import java.util.List;
import java.util.Optional;

/**
 * A prompt that was routed.
 *
 * @param majority expert that most (token, layer) pairs chose first; ties to the lower index
 * @param perToken choices of each token; empty if not asked for
 * @param gateInputs what the gates read; empty if not asked for
 */
public record RouteSummary(
    int tokens,
    int majority,
    CallCounts calls,
    List<TokenChoices> perToken,
    Optional<GateInputs> gateInputs) {}
