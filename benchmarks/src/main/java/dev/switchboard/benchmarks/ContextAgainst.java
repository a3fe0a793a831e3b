package dev.switchboard.benchmarks;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * One model beside another of the same run, at the first one's longest length. The other's times
 * there are its fitted line's where it was not measured so far: reading all tokens is a quadratic
 * then.
 *
 * @param other extended to the longest length of {@code one}
 */
record ContextAgainst(ContextReport one, ContextReport other) {
  private long tokens() {
    return one.lengths().getLast().tokens();
  }

  /** Whether the other one was measured so far. */
  private boolean measured() {
    return other.lengths().getLast().tokens() >= tokens();
  }

  /** How many times as long the other one reads. Both by their fitted lines. */
  double readRatio() {
    return other.fit().readNanos(tokens()) / one.fit().readNanos(tokens());
  }

  /** How many times as long the other one takes for a token behind the text. */
  OptionalDouble generateRatio() {
    double own = ContextFit.ofGeneration(one.lengths()).nanosAt(tokens());
    double its = ContextFit.ofGeneration(other.lengths()).nanosAt(tokens());
    return own > 0 && its > 0 ? OptionalDouble.of(its / own) : OptionalDouble.empty();
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s tokens: %s reads them in %.1f s, %s in %.1f s%s: x%.1f",
            ContextLengths.text(tokens()),
            one.model(),
            one.fit().readNanos(tokens()) * 1e-9,
            other.model(),
            other.fit().readNanos(tokens()) * 1e-9,
            measured() ? "" : " (its own fitted quadratic, not measured)",
            readRatio()));
    generateRatio()
        .ifPresent(ratio ->
            text.append(
                String.format(Locale.ROOT, "; a token generated behind them: x%.1f", ratio)));
    return text.toString();
  }

  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("report", other.json());
    json.put("tokens", tokens());
    json.put("measured", measured());
    json.put("readRatio", readRatio());
    json.put("generateRatio", generateRatio().isPresent() ? generateRatio().getAsDouble() : null);
    return json;
  }
}
