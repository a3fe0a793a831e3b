package dev.switchboard.router.session;

import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.router.engine.GenerationSpec;
import dev.switchboard.router.engine.RequestSink;
import dev.switchboard.router.engine.Resumed;
import dev.switchboard.router.engine.SnapshotWishes;
import java.util.Optional;

/**
 * A turn that this router has taken.
 *
 * @param sequence all ids: the session, the turn's prompt, what is known to have been generated
 * @param start the state to go on from, if one is kept
 * @param log takes what comes of it
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record OpenTurn(
    int[] sequence,
    GenerationSpec spec,
    Optional<SequenceSnapshot> start,
    Resumed resumed,
    SnapshotWishes wishes,
    Place place,
    TurnLog log) {
  /**
   * Where the turn stands.
   *
   * @param number the first is 1
   * @param start tokens of the session before it
   * @param promptEnd tokens with its prompt
   * @param ahead tokens that the caller has beyond those known here: they are generated again, and
   *     not sent
   * @param stateBytes of the snapshot
   */
  public record Place(int number, int start, int promptEnd, int ahead, long stateBytes) {}

  /** The same without a state: all tokens are read again. */
  public OpenTurn readAgain() {
    Place from = new Place(place.number(), place.start(), place.promptEnd(), place.ahead(), 0);
    return new OpenTurn(sequence, spec, Optional.empty(), resumed, wishes, from, log);
  }

  /** The turn's events on their way to the reader. */
  public RequestSink sink(TurnReader reader, Runnable cancel) {
    int retold = resumed.generated() - resumed.delivered();
    log.onOvertaken(cancel);
    return new SessionSink(reader, log, retold, place.ahead());
  }
}
