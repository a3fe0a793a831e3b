package dev.switchboard.router.session;

import dev.switchboard.cluster.state.SessionRecord;
import dev.switchboard.cluster.state.SessionTurn;
import dev.switchboard.router.session.SessionException.Problem;
import java.util.Arrays;
import java.util.Optional;

/**
 * Which turn of a session a request is: a pure decision over what is known of the session. A turn
 * that is sent twice is the same turn; what does not fit is refused, so that nothing is ever read
 * behind the wrong text.
 *
 * @param kind what is to be done
 * @param number of the turn
 * @param start tokens of the session before it
 * @param prompt all ids up to the end of its prompt
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, not changed
record TurnChoice(Kind kind, int number, int start, int[] prompt) {
  enum Kind {
    /** The session begins. */
    FIRST,
    /** The last turn is complete; this one follows. */
    NEXT,
    /** The last turn goes on, or is answered again. */
    AGAIN,
    /** The last turn was never completed; this one takes its place. */
    INSTEAD
  }

  /**
   * @param known all ids of the session
   * @throws SessionException if the request does not fit
   */
  static TurnChoice of(Optional<SessionRecord> record, int[] known, TurnRequest request) {
    if (record.isEmpty()) {
      return first(request);
    }
    SessionTurn last = record.get().turn();
    boolean repeats = request.turn() == last.number() || request.received() > 0;
    if (request.turn() != 0 && request.turn() != last.number()) {
      return following(last, known, request);
    }
    if (last.complete() && !repeats) {
      return following(last, known, request);
    }
    return again(last, known, request);
  }

  private static TurnChoice first(TurnRequest request) {
    if (request.turn() > 1 || request.received() > 0) {
      throw new SessionException(
          Problem.UNKNOWN,
          "session \"%s\" is not known: it has expired (grid.stateTtl), gave way to others (grid.stateBytes) or never was; begin it anew with turn 1"
              .formatted(request.session()));
    }
    int[] prompt =
        request
            .prompt(new int[0])
            .orElseThrow(() ->
                new SessionException(
                    Problem.UNKNOWN,
                    "session \"%s\" is not known and the request has no prompt to begin it with"
                        .formatted(request.session())));
    return new TurnChoice(Kind.FIRST, 1, 0, prompt);
  }

  private static TurnChoice following(SessionTurn last, int[] known, TurnRequest request) {
    int asked = request.turn();
    if (asked != 0 && asked != last.number() + 1) {
      throw outOfTurn(
          request,
          "is at turn %d; turn %d cannot follow or repeat it".formatted(last.number(), asked));
    }
    if (!last.complete()) {
      throw outOfTurn(
          request,
          "has not completed turn %d: send that turn again, with the tokens that you have of it, or another prompt in its place"
              .formatted(last.number()));
    }
    if (request.received() > 0) {
      throw outOfTurn(
          request,
          "is at turn %d: nothing of turn %d can have been received"
              .formatted(last.number(), asked));
    }
    int[] prompt =
        request
            .prompt(known)
            .orElseThrow(() ->
                outOfTurn(
                    request,
                    "has completed turn %d; the next one needs a prompt".formatted(last.number())));
    return new TurnChoice(Kind.NEXT, last.number() + 1, known.length, prompt);
  }

  private static TurnChoice again(SessionTurn last, int[] known, TurnRequest request) {
    int[] before = Arrays.copyOf(known, last.start());
    int[] recorded = Arrays.copyOf(known, last.promptEnd());
    int[] prompt = request.prompt(before).orElse(recorded);
    if (!Arrays.equals(prompt, recorded)) {
      if (last.complete() || request.received() > 0) {
        throw outOfTurn(
            request,
            "was given another prompt for turn %d; the next turn is %d"
                .formatted(last.number(), last.number() + 1));
      }
      return new TurnChoice(Kind.INSTEAD, last.number(), last.start(), prompt);
    }
    if (!request.parameters().equals(last.digest())) {
      throw outOfTurn(
          request,
          "began turn %d with other parameters (sampling, limits or stops)"
              .formatted(last.number()));
    }
    int generated = known.length - last.promptEnd();
    if (last.complete() && request.received() > generated) {
      throw outOfTurn(
          request,
          "has %d generated tokens in turn %d; %d cannot have been received"
              .formatted(generated, last.number(), request.received()));
    }
    return new TurnChoice(Kind.AGAIN, last.number(), last.start(), recorded);
  }

  private static SessionException outOfTurn(TurnRequest request, String what) {
    return new SessionException(
        Problem.OUT_OF_TURN, "session \"%s\" %s".formatted(request.session(), what));
  }
}
