package dev.switchboard.router.session;

import dev.switchboard.cluster.state.SealedStates;
import java.util.Optional;

/**
 * What a router keeps of sessions.
 *
 * @param states where; empty if sessions are off
 * @param router this router's id
 * @param model what the states are states of; other ones cannot go on here
 * @param everyTokens a snapshot is kept after so many tokens; 0: at the end of turns alone
 * @param snapshotBytes of one snapshot at the most
 * @param gridBytes of all that a router holds
 */
public record SessionSettings(
    Optional<SealedStates> states,
    String router,
    String model,
    int everyTokens,
    long snapshotBytes,
    long gridBytes) {}
