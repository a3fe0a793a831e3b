package dev.switchboard.router.api;

import dev.switchboard.proto.v1.OnLostExpert;

/**
 * What requests may ask for at the most.
 *
 * @param promptTokens longest prompt
 * @param newTokens most tokens that one request may generate
 * @param contextTokens of a prompt and what follows it together
 * @param chunkTokens prompt tokens read in one step unless the request says otherwise
 * @param stepTokens rows of one step; larger chunks cannot be had
 * @param savedStateBytes of a state that a request brings or asks for
 * @param degrade whether requests that do not say it themselves go on without experts that are lost
 */
public record ApiLimits(
    int promptTokens,
    int newTokens,
    int contextTokens,
    int chunkTokens,
    int stepTokens,
    long savedStateBytes,
    boolean degrade) {
  static final int STOP_STRINGS = 64;
  static final int STOP_STRING_CHARS = 1024;
  static final int END_TOKENS = 256;
  static final int LOGPROBS = 1024;

  /** Values of one step of a request that wants the logits of its whole prompt. */
  static final int STEP_LOGITS = 1 << 20;

  static final int REQUEST_ID_CHARS = 256;
  static final int SESSION_ID_CHARS = 128;

  /** Whether a request goes on without experts that nobody has any more. */
  boolean degrades(OnLostExpert asked) {
    return switch (asked) {
      case ON_LOST_EXPERT_UNSPECIFIED -> degrade;
      case ON_LOST_EXPERT_FAIL -> false;
      case ON_LOST_EXPERT_DEGRADE -> true;
      case UNRECOGNIZED ->
          throw new InvalidRequestException(
              "on_lost_expert: a value that this router does not know; expected fail (1) or degrade (2)");
    };
  }
}
