package dev.switchboard.benchmarks;

/**
 * Tokens a second of one arrangement.
 *
 * @param where what computed
 * @param nodes expert nodes, 0 for one process
 * @param prompt tokens of the prompt a second
 * @param generate generated tokens a second
 */
record Throughput(String where, int nodes, Spread prompt, Spread generate) {
  String text() {
    return "%-28s prompt %-24s generate %s tokens/s"
        .formatted(where, prompt.text(), generate.text());
  }
}
