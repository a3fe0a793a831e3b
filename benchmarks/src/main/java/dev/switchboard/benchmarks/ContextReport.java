package dev.switchboard.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench context} says of one model.
 *
 * @param points of the lengths, and the first of them again at the end
 * @param extendTo a length to which the fitted line is drawn on
 */
record ContextReport(
    String model, int threads, List<ContextPoint> points, OptionalLong extendTo, Machine machine) {

  List<ContextPoint> lengths() {
    return points.subList(0, points.size() - 1);
  }

  /** Time of a token at the longest against the shortest. */
  double timeRatio() {
    return lengths().getLast().nanosPerToken().median()
        / points.getFirst().nanosPerToken().median();
  }

  /** Resident memory at the longest against the shortest. */
  double memoryRatio() {
    return (double) lengths().getLast().residentBytes() / points.getFirst().residentBytes();
  }

  /** The shortest, measured last, against itself: what the machine did meanwhile. */
  double againRatio() {
    return points.getLast().nanosPerToken().median() / points.getFirst().nanosPerToken().median();
  }

  /** Nanoseconds of a token as a line over its position. */
  ContextFit fit() {
    return ContextFit.of(lengths());
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s against %s: time x%.3f, memory x%.3f; %s again: x%.3f"
            .formatted(
                ContextLengths.text(lengths().getLast().tokens()),
                ContextLengths.text(points.getFirst().tokens()),
                timeRatio(),
                memoryRatio(),
                ContextLengths.text(points.getFirst().tokens()),
                againRatio()));
    extendTo.ifPresent(tokens ->
        text.append(
            "; by the fitted line (not measured) %.1f us a token at %s, %.0f s for all of them"
                .formatted(
                    fit().nanosAt(tokens) * 1e-3,
                    ContextLengths.text(tokens),
                    fit().readNanos(tokens) * 1e-9)));
    return text.toString();
  }

  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("peer", "switchboard");
    json.put("version", new Versions().getVersion()[0].replace("switchboard ", ""));
    json.put("model", model);
    json.put("threads", threads);
    json.put("kernels", machine.kernels());
    json.put("window", ContextLengths.WINDOW);
    json.put("lengths", lengths().stream().map(ContextPoint::json).toList());
    json.put("again", points.getLast().json());
    json.put("timeRatio", timeRatio());
    json.put("memoryRatio", memoryRatio());
    json.put("againRatio", againRatio());
    if (lengths().size() > 1) {
      json.put("fit", fit());
    }
    extendTo.ifPresent(tokens -> json.put("extended", extended(tokens)));
    json.put("machine", machine);
    return json;
  }

  private Map<String, @Nullable Object> extended(long tokens) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("tokens", tokens);
    json.put("measured", false);
    json.put("nanosPerToken", fit().nanosAt(tokens));
    json.put("readNanos", fit().readNanos(tokens));
    json.put("generateNanosPerToken", ContextFit.ofGeneration(lengths()).nanosAt(tokens));
    return json;
  }
}
