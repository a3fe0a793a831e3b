package dev.switchboard.benchmarks;

import java.util.List;
import java.util.Map;

/**
 * One arrangement beside one process of this machine.
 *
 * @param beside threads of the process that it is compared with
 * @param prompt tokens a second, one value a round
 * @param generate likewise
 * @param promptRatio to the process, round by round
 * @param generateRatio likewise
 */
record ClusterRow(
    String name,
    int beside,
    Spread prompt,
    Spread generate,
    Spread promptRatio,
    Spread generateRatio) {
  /**
   * @param own what the arrangement did in each round
   * @param process what one process did in the same rounds
   */
  static ClusterRow of(String name, int beside, Rounds own, Rounds process) {
    return new ClusterRow(
        name,
        beside,
        Spread.of(own.prompt()),
        Spread.of(own.generate()),
        Spread.ofRatios(own.prompt(), process.prompt()),
        Spread.ofRatios(own.generate(), process.generate()));
  }

  /** Tokens a second, a value a round. */
  record Rounds(List<Double> prompt, List<Double> generate) {}

  String text() {
    return "%-62s prompt %-22s x%.2f (%.2f to %.2f)   generate %-16s x%.2f (%.2f to %.2f)"
        .formatted(
            name,
            prompt.text(),
            promptRatio.median(),
            promptRatio.min(),
            promptRatio.max(),
            generate.text(),
            generateRatio.median(),
            generateRatio.min(),
            generateRatio.max());
  }

  Map<String, Object> json() {
    return Map.of(
        "name", name,
        "beside_threads", beside,
        "prompt_tokens_per_second", prompt,
        "generate_tokens_per_second", generate,
        "prompt_ratio", promptRatio,
        "generate_ratio", generateRatio);
  }
}
