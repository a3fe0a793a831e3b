package dev.switchboard.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Reports of {@code bench context}, and peers' of the same form, as pictures. */
final class ContextPlot {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int WIDTH = 760;
  private static final int HEIGHT = 520;
  private static final float LINE = 2f;
  private static final float[] DASHES = {6, 4};
  private static final Color[] COLOURS = {
    new Color(0x1f77b4),
    new Color(0xd62728),
    new Color(0x2ca02c),
    new Color(0x9467bd),
    new Color(0xff7f0e),
    new Color(0x7f7f7f)
  };

  private ContextPlot() {}

  /**
   * What a picture is of.
   *
   * @param key of a length's number in a report
   * @param unit that the number is multiplied by
   */
  private record Quantity(String suffix, String title, String label, String key, double unit) {}

  private static final List<Quantity> QUANTITIES =
      List.of(
          new Quantity("", "Reading a token", "microseconds a token", "nanosPerToken", 1e-3),
          new Quantity(
              "-generated",
              "Generating a token",
              "microseconds a token",
              "generateNanosPerToken",
              1e-3),
          new Quantity("-memory", "Resident memory", "MB", "residentBytes", 1e-6));

  /**
   * Writes the pictures: of reading into the file, of generating and of memory beside it, as SVG or
   * PNG, as its name ends. A picture that nothing is known for is not written.
   *
   * @param reports as JSON, those that were just made
   * @param beside files with others
   * @throws BenchException naming a file that is no such report
   */
  static List<Path> write(Path file, List<JsonNode> reports, List<Path> beside) {
    System.setProperty("java.awt.headless", "true");
    List<Path> written = new ArrayList<>();
    charts(reports, beside)
        .forEach((suffix, chart) -> written.add(save(chart, beside(file, suffix))));
    return written;
  }

  /** By what their files' names end with. */
  static Map<String, XYChart> charts(List<JsonNode> reports, List<Path> beside) {
    List<JsonNode> all = new ArrayList<>(reports);
    beside.forEach(path -> all.add(read(path)));
    Map<String, XYChart> charts = new LinkedHashMap<>();
    for (Quantity quantity : QUANTITIES) {
      XYChart chart = chart(all, quantity);
      if (!chart.getSeriesMap().isEmpty()) {
        charts.put(quantity.suffix, chart);
      }
    }
    return charts;
  }

  /** Throws if pictures cannot be written under this name. */
  static void check(Path file) {
    if (!name(file).matches(".*\\.(svg|png)")) {
      throw new UsageException("--plot " + file + ": expected a name that ends in .svg or .png");
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
  }

  private static Path beside(Path file, String suffix) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    return file.resolveSibling(name.substring(0, dot) + suffix + name.substring(dot));
  }

  private static Path save(XYChart chart, Path file) {
    try (OutputStream out = Files.newOutputStream(file)) {
      if (name(file).endsWith(".svg")) {
        VectorGraphicsEncoder.saveVectorGraphic(chart, out, VectorGraphicsFormat.SVG);
      } else {
        BitmapEncoder.saveBitmap(chart, out, BitmapFormat.PNG);
      }
      return file;
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

  private static XYChart chart(List<JsonNode> reports, Quantity quantity) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(quantity.title)
            .xAxisTitle("tokens before it")
            .yAxisTitle(quantity.label)
            .build();
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    for (int i = 0; i < reports.size(); i++) {
      add(chart, reports.get(i), quantity, i);
    }
    return chart;
  }

  /** What was measured as a line, what was fitted as a dashed one from its end on. */
  private static void add(XYChart chart, JsonNode report, Quantity quantity, int number) {
    List<double[]> points = new ArrayList<>();
    for (JsonNode length : report.path("lengths")) {
      point(length, quantity, points);
    }
    if (points.isEmpty()) {
      return;
    }
    String name =
        "%s, %s".formatted(report.path("model").asText("?"), report.path("peer").asText("?"));
    Color colour = COLOURS[number % COLOURS.length];
    XYSeries measured = series(chart, unique(chart, name), points, colour);
    measured.setMarker(SeriesMarkers.CIRCLE);
    measured.setLineStyle(new BasicStroke(LINE));
    List<double[]> fitted = new ArrayList<>(List.of(points.getLast()));
    if (point(report.path("extended"), quantity, fitted)) {
      XYSeries further =
          series(chart, unique(chart, name + ", fitted, not measured"), fitted, colour);
      further.setMarker(SeriesMarkers.DIAMOND);
      further.setLineStyle(
          new BasicStroke(LINE, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, DASHES, 0));
    }
  }

  private static XYSeries series(XYChart chart, String name, List<double[]> points, Color colour) {
    double[] x = points.stream().mapToDouble(point -> point[0]).toArray();
    double[] y = points.stream().mapToDouble(point -> point[1]).toArray();
    XYSeries series = chart.addSeries(name, x, y);
    series.setLineColor(colour);
    series.setMarkerColor(colour);
    return series;
  }

  /** Two runs of one model have one name. */
  private static String unique(XYChart chart, String name) {
    String unique = name;
    for (int i = 2; chart.getSeriesMap().containsKey(unique); i++) {
      unique = name + " (" + i + ")";
    }
    return unique;
  }

  private static boolean point(JsonNode length, Quantity quantity, List<double[]> points) {
    double x = length.path("tokens").asDouble();
    double y = length.path(quantity.key).asDouble() * quantity.unit;
    return x > 0 && y > 0 && points.add(new double[] {x, y});
  }
}
