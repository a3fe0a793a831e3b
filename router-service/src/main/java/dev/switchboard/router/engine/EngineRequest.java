package dev.switchboard.router.engine;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import java.util.Optional;

/**
 * A request as the engine takes it, checked.
 *
 * @param name names it in logs
 * @param client whose it is; see {@link Ticket}
 * @param prompt token ids, at least one; not changed afterwards; with those that were {@code
 *     resumed} at its end
 * @param chunkTokens prompt rows in one step at the most
 * @param deadlineNanos on the engine's clock, or {@link Ticket#NO_DEADLINE}
 * @param start where it goes on from: a state of this model behind the first tokens of the prompt,
 *     fewer than it has; if it is not, the request ends with {@code INVALID}
 * @param resumed what of the prompt the request itself has generated before
 * @param wishes which of its states it hands out
 * @param gates by what its tokens are routed, from the first to the last; empty: as usual
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record EngineRequest(
    String name,
    String client,
    int[] prompt,
    int chunkTokens,
    long deadlineNanos,
    Work work,
    Optional<SequenceSnapshot> start,
    Resumed resumed,
    SnapshotWishes wishes,
    Optional<GateUse> gates) {
  public EngineRequest {
    if (resumed.generated() >= prompt.length) {
      throw new IllegalArgumentException(
          "%d generated tokens at the end of %d".formatted(resumed.generated(), prompt.length));
    }
  }

  /** From the prompt's first token, no state handed out. */
  // size: the parts of a request
  public EngineRequest(
      String name, String client, int[] prompt, int chunkTokens, long deadlineNanos, Work work) {
    this(
        name,
        client,
        prompt,
        chunkTokens,
        deadlineNanos,
        work,
        Optional.empty(),
        Resumed.NOT,
        SnapshotWishes.NONE,
        Optional.empty());
  }

  /** The same, going on from a state, and with what it had generated before. */
  public EngineRequest from(SequenceSnapshot state, Resumed already) {
    return from(Optional.of(state), already);
  }

  /** The same; without a state all tokens are read again. */
  public EngineRequest from(Optional<SequenceSnapshot> state, Resumed already) {
    return new EngineRequest(
        name, client, prompt, chunkTokens, deadlineNanos, work, state, already, wishes, gates);
  }

  /** The same, handing states out. */
  public EngineRequest wishing(SnapshotWishes given) {
    return new EngineRequest(
        name, client, prompt, chunkTokens, deadlineNanos, work, start, resumed, given, gates);
  }

  /** The same, routed by these. */
  public EngineRequest under(GateUse given) {
    return new EngineRequest(
        name,
        client,
        prompt,
        chunkTokens,
        deadlineNanos,
        work,
        start,
        resumed,
        wishes,
        Optional.of(given));
  }

  /** Tokens before the first generated one. */
  int declaredTokens() {
    return prompt.length - resumed.generated();
  }
}
