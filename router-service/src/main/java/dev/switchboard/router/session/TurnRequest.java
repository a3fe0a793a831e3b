package dev.switchboard.router.session;

import dev.switchboard.router.engine.GenerationSpec;
import java.util.Optional;
import java.util.OptionalLong;

/** What is asked of a session. */
public interface TurnRequest {
  /** The session's name. */
  String session();

  /** Digest of the caller's key; empty if it has none. */
  String owner();

  /** The turn that is meant, the first is 1; 0: the next, or the last while it is incomplete. */
  int turn();

  /** Generated tokens of that turn that the caller has. */
  int received();

  /** Digest of all but the prompt and the place in the session: how to sample, when to stop. */
  String parameters();

  /**
   * The whole sequence up to the end of the turn's prompt; empty if the request brings no prompt.
   *
   * @param before ids of the session before this turn; none if it is the first
   */
  Optional<int[]> prompt(int[] before);

  /**
   * What to generate, checked.
   *
   * @param promptTokens of the session up to the end of the turn's prompt
   * @param seed that the turn has already, if it was begun before
   */
  GenerationSpec spec(int promptTokens, OptionalLong seed);
}
