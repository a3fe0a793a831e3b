package dev.switchboard.router.engine;

/**
 * A request as the engine takes it, checked.
 *
 * @param name names it in logs
 * @param client whose it is; see {@link Ticket}
 * @param prompt token ids, at least one; not changed afterwards
 * @param chunkTokens prompt rows in one step at the most
 * @param deadlineNanos on the engine's clock, or {@link Ticket#NO_DEADLINE}
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record EngineRequest(
    String name, String client, int[] prompt, int chunkTokens, long deadlineNanos, Work work) {}
