package dev.switchboard.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * What moving cost.
 *
 * @param still gaps between tokens while nothing was moved
 * @param moving the same while nodes loaded
 * @param growth of the 95th percentile, of each round: moving over still
 * @param moves times in which a node was emptied, or filled again
 * @param readBytes of weights that nodes read for it
 * @param failures requests without an answer
 * @param newcomer of a node that was started
 */
record MovesReport(
    Histogram still,
    Histogram moving,
    Spread growth,
    int moves,
    long readBytes,
    long failures,
    Optional<Newcomer> newcomer) {
  /**
   * A node that was started on the running cluster.
   *
   * @param readySeconds from the start of its process to its ready line
   * @param firstBatchSeconds to the first batch that it had computed, as its router saw it
   */
  record Newcomer(double readySeconds, double firstBatchSeconds) {}

  MovesReport withNewcomer(Newcomer seen) {
    return new MovesReport(still, moving, growth, moves, readBytes, failures, Optional.of(seen));
  }

  private static Map<String, Double> millis(Histogram nanos) {
    Map<String, Double> millis = new LinkedHashMap<>();
    millis.put("p50", nanos.getValueAtPercentile(50) / 1e6);
    millis.put("p95", nanos.getValueAtPercentile(95) / 1e6);
    millis.put("p99", nanos.getValueAtPercentile(99) / 1e6);
    millis.put("max", nanos.getMaxValue() / 1e6);
    return millis;
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("stillGapMillis", millis(still));
    object.put("movingGapMillis", millis(moving));
    object.put("p95Ratio", growth);
    object.put("moves", moves);
    object.put("readBytes", readBytes);
    object.put("failures", failures);
    newcomer.ifPresent(seen -> {
      object.put("newNodeReadySeconds", seen.readySeconds());
      object.put("newNodeFirstBatchSeconds", seen.firstBatchSeconds());
    });
    return object;
  }

  String text() {
    String text =
        line("still", still)
            + line("moving", moving)
            + "p95 while moving over still: %.3f (%.3f to %.3f over %d rounds)%n"
                .formatted(growth.median(), growth.min(), growth.max(), growth.runs())
            + "%d moves, %,d MB of weights read, %d requests failed"
                .formatted(moves, readBytes / 1_000_000, failures);
    return text
        + newcomer
            .map(seen ->
                "%na new node: ready after %.2f s, its first batch after %.2f s"
                    .formatted(seen.readySeconds(), seen.firstBatchSeconds()))
            .orElse("");
  }

  private static String line(String what, Histogram nanos) {
    Map<String, Double> millis = millis(nanos);
    return "%-7s %,d gaps between tokens: p50 %.1f ms, p95 %.1f, p99 %.1f, max %.1f%n"
        .formatted(
            what,
            nanos.getTotalCount(),
            millis.get("p50"),
            millis.get("p95"),
            millis.get("p99"),
            millis.get("max"));
  }
}
