package dev.switchboard.benchmarks;

import dev.switchboard.benchmarks.ServeClient.One;
import dev.switchboard.proto.v1.EngineStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/**
 * What a load met with.
 *
 * @param seconds from the first request to the end of the last
 * @param memory resident bytes of all processes, as time went by; empty if they are elsewhere
 * @param engine counters of the router after the load, those before it taken off
 * @param cost processor time of all its processes meanwhile
 */
record ServeReport(
    List<One> requests,
    Histogram gapNanos,
    double seconds,
    List<Long> memory,
    EngineStatus engine,
    ServeCost cost) {

  static ServeReport of(
      List<ServeClient> clients,
      double seconds,
      List<Long> memory,
      EngineStatus engine,
      ServeCost cost) {
    Histogram gaps = new Histogram(3);
    List<One> all = new ArrayList<>();
    for (ServeClient client : clients) {
      gaps.add(client.gapNanos);
      all.addAll(client.requests);
    }
    return new ServeReport(all, gaps, seconds, memory, engine, cost);
  }

  private long count(Predicate<One> which) {
    return requests.stream().filter(which).count();
  }

  long lost() {
    return count(One::lost);
  }

  private double longestGapMillis() {
    return requests.stream().mapToDouble(One::longestGapMillis).max().orElse(0);
  }

  private Histogram firstTokens() {
    Histogram nanos = new Histogram(3);
    requests.stream()
        .filter(one -> one.generated() > 0)
        .forEach(one -> nanos.recordValue((long) (one.firstTokenMillis() * 1e6)));
    return nanos;
  }

  private static Map<String, Double> percentiles(Histogram nanos) {
    Map<String, Double> millis = new LinkedHashMap<>();
    millis.put("p50", nanos.getValueAtPercentile(50) / 1e6);
    millis.put("p95", nanos.getValueAtPercentile(95) / 1e6);
    millis.put("p99", nanos.getValueAtPercentile(99) / 1e6);
    millis.put("max", nanos.getMaxValue() / 1e6);
    return millis;
  }

  private double perSecond(ToLongFunction<One> tokens) {
    return requests.stream().mapToLong(tokens).sum() / seconds;
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("seconds", seconds);
    object.put("requests", requests.size());
    object.put("completed", count(one -> one.outcome().equals("ok")));
    object.put("refused", count(One::refused));
    object.put("lost", lost());
    object.put("generatedTokensPerSecond", perSecond(One::generated));
    object.put("promptTokensPerSecond", perSecond(One::promptTokens));
    object.put("firstTokenMillis", percentiles(firstTokens()));
    object.put("gapMillis", percentiles(gapNanos));
    object.put("longestGapMillis", longestGapMillis());
    object.put("residentBytes", memory);
    object.put("preemptions", engine.getPreemptions());
    object.put("repeatedTokens", engine.getRepeatedTokens());
    object.put("prefixTokens", engine.getPrefixTokens());
    object.put("steps", engine.getSteps());
    object.put("cpuSeconds", cost.cpuNanos() / 1e9);
    object.put("loadStatisticsCpuSeconds", cost.statisticsNanos() / 1e9);
    object.put("gridCpuSeconds", cost.gridNanos() / 1e9);
    object.put("each", requests);
    return object;
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%d requests in %.0f s: %d completed, %d refused, %d lost%n"
            .formatted(
                requests.size(),
                seconds,
                count(one -> one.outcome().equals("ok")),
                count(One::refused),
                lost()));
    text.append(
        "generated %.1f tokens/s, prompts %.1f tokens/s, %d steps%n"
            .formatted(perSecond(One::generated), perSecond(One::promptTokens), engine.getSteps()));
    text.append(line("first token", firstTokens()));
    text.append(line("between tokens", gapNanos));
    text.append("longest gap between two tokens: %.0f ms%n".formatted(longestGapMillis()));
    text.append(
        "states given up: %d (%d tokens computed again); prompt tokens found in the cache: %d%n"
            .formatted(
                engine.getPreemptions(), engine.getRepeatedTokens(), engine.getPrefixTokens()));
    text.append(cost.text());
    if (!memory.isEmpty()) {
      text.append(
          "resident memory: %,d MiB at first, %,d halfway, %,d at the end%n"
              .formatted(
                  memory.getFirst() >> 20,
                  memory.get(memory.size() / 2) >> 20,
                  memory.getLast() >> 20));
    }
    requests.stream()
        .filter(One::lost)
        .limit(3)
        .forEach(one -> text.append("lost: ").append(one.outcome()).append('\n'));
    return text.toString().stripTrailing();
  }

  private static String line(String what, Histogram nanos) {
    Map<String, Double> millis = percentiles(nanos);
    return "%-14s p50 %.0f ms, p95 %.0f, p99 %.0f, max %.0f%n"
        .formatted(
            what, millis.get("p50"), millis.get("p95"), millis.get("p99"), millis.get("max"));
  }
}
