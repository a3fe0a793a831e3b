package dev.switchboard.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.benchmarks.chart.LineChart;
import dev.switchboard.benchmarks.chart.LineChart.Point;
import dev.switchboard.benchmarks.chart.LineChart.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reports of {@code bench context}, and peers' of the same form, as one picture. */
final class ContextPlot {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ContextPlot() {}

  /**
   * Writes the picture.
   *
   * @param report as JSON, the one that was just made
   * @param beside files with others
   * @throws BenchException naming a file that is no such report
   */
  static void write(Path file, JsonNode report, List<Path> beside) {
    List<JsonNode> all = new ArrayList<>(List.of(report));
    beside.forEach(path -> all.add(read(path)));
    String svg =
        LineChart.svg(
            List.of(
                chart(all, "Reading a token", "microseconds a token", "nanosPerToken", 1e-3),
                chart(
                    all,
                    "Generating a token",
                    "microseconds a token",
                    "generateNanosPerToken",
                    1e-3),
                chart(all, "Resident memory", "MB", "residentBytes", 1e-6)));
    try {
      Files.writeString(file, svg);
    } catch (IOException e) {
      throw new BenchException("cannot write " + file + ": " + e.getMessage());
    }
  }

  private static JsonNode read(Path path) {
    try {
      JsonNode report = JSON.readTree(Files.readString(path));
      if (report == null || !report.path("lengths").isArray()) {
        throw new BenchException(path + ": not a report of bench context");
      }
      return report;
    } catch (IOException e) {
      throw new BenchException("cannot read " + path + ": " + e.getMessage());
    }
  }

  private static LineChart chart(
      List<JsonNode> reports, String title, String label, String key, double unit) {
    List<Series> series = new ArrayList<>();
    for (JsonNode report : reports) {
      List<Point> points = new ArrayList<>();
      report.path("lengths").forEach(length -> add(points, length, key, unit));
      add(points, report.path("extended"), key, unit);
      if (!points.isEmpty()) {
        series.add(new Series(name(report), points));
      }
    }
    return new LineChart(title, "tokens before it", label, series);
  }

  private static void add(List<Point> points, JsonNode length, String key, double unit) {
    double y = length.path(key).asDouble() * unit;
    if (y > 0 && length.path("tokens").asDouble() > 0) {
      boolean measured = length.path("measured").asBoolean(true);
      points.add(new Point(length.path("tokens").asDouble(), y, measured));
    }
  }

  private static String name(JsonNode report) {
    return report.path("model").asText("?") + ", " + report.path("peer").asText("?");
  }
}
