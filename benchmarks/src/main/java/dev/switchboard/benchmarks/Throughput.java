package dev.switchboard.benchmarks;

import java.util.Optional;

/**
 * Tokens a second of one arrangement.
 *
 * @param where what computed
 * @param nodes expert nodes, 0 for one process
 * @param prompt tokens of the prompt a second, if timed
 * @param generate generated tokens a second of all streams together, if timed
 * @param residentBytes memory of all processes that computed, mapped files included, at the end
 */
record Throughput(
    String where,
    int nodes,
    Optional<Spread> prompt,
    Optional<Spread> generate,
    long residentBytes) {
  String text() {
    return "%-28s prompt %-24s generate %s tokens/s".formatted(where, text(prompt), text(generate));
  }

  private static String text(Optional<Spread> spread) {
    return spread.map(Spread::text).orElse("-");
  }
}
