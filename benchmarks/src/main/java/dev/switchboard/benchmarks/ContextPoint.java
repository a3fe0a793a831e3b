package dev.switchboard.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a token costs behind so many others.
 *
 * @param tokens read, the timed ones included
 * @param nanosPerToken over the last {@link ContextLengths#WINDOW} tokens of the prompt
 * @param generateNanosPerToken of tokens that come one by one behind them
 * @param reached what was seen when the text had this length for the first time
 */
record ContextPoint(
    long tokens, Spread nanosPerToken, Optional<Spread> generateNanosPerToken, Reached reached) {
  /**
   * The first look at a length.
   *
   * @param nanosPerToken over the window; one measurement
   * @param readNanos of reading all tokens; 0 where that was not timed
   * @param residentBytes of this process
   * @param stateBytes that the sequence holds
   */
  record Reached(double nanosPerToken, long readNanos, long residentBytes, long stateBytes) {}

  long residentBytes() {
    return reached.residentBytes();
  }

  String text() {
    return "%6s tokens: %8.1f us a token read, %8.1f generated; %8.1f s in all; %7.1f MB resident, state %8.2f MB"
        .formatted(
            ContextLengths.text(tokens),
            nanosPerToken.median() * 1e-3,
            generateNanosPerToken.map(Spread::median).orElse(Double.NaN) * 1e-3,
            reached.readNanos() * 1e-9,
            residentBytes() * 1e-6,
            reached.stateBytes() * 1e-6);
  }

  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("tokens", tokens);
    json.put("nanosPerToken", nanosPerToken.median());
    json.put("nanosPerTokenSpread", nanosPerToken);
    json.put("generateNanosPerToken", generateNanosPerToken.map(Spread::median).orElse(null));
    json.put("firstNanosPerToken", reached.nanosPerToken());
    json.put("readNanos", reached.readNanos());
    json.put("residentBytes", residentBytes());
    json.put("stateBytes", reached.stateBytes());
    return json;
  }
}
