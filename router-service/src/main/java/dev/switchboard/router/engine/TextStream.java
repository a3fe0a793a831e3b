package dev.switchboard.router.engine;

import java.util.List;
import java.util.Set;

/**
 * From token ids to the text that a reader may see: whole characters, nothing of an end token,
 * nothing from a stop string on.
 */
final class TextStream {
  private final TokenText tokens;
  private final Set<Integer> silentTokens;
  private final StopStrings stops;

  TextStream(TokenText tokens, Set<Integer> silentTokens, List<String> stops) {
    this.tokens = tokens;
    this.silentTokens = silentTokens;
    this.stops = new StopStrings(stops);
  }

  /** What the token adds to the text that is certain. */
  String accept(int token) {
    return silentTokens.contains(token) ? "" : stops.accept(tokens.add(token));
  }

  /** Whether the text has met a stop string. */
  boolean stopped() {
    return stops.stopped();
  }

  /** What was held back, once no token follows. */
  String finish() {
    return stops.accept(tokens.finish()) + stops.finish();
  }
}
