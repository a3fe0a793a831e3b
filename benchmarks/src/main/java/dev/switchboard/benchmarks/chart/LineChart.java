package dev.switchboard.benchmarks.chart;

import java.util.List;
import java.util.Locale;

/**
 * Lines over logarithmic axes.
 *
 * @param series drawn in turn, each in a colour of its own
 */
public record LineChart(String title, String xLabel, String yLabel, List<Series> series) {
  /**
   * One line.
   *
   * @param measured points; hollow marks and a dashed line are for those that are not
   */
  public record Series(String name, List<Point> points) {}

  /** Both above zero. */
  public record Point(double x, double y, boolean measured) {}

  private static final int WIDTH = 560;
  private static final int HEIGHT = 400;
  private static final int LEFT = 70;
  private static final int TOP = 40;
  private static final int BOTTOM = 60;
  private static final int RIGHT = 20;
  private static final List<String> COLOURS =
      List.of("#0b6e4f", "#c03221", "#1f4e8c", "#c98b00", "#6a3d9a", "#555555");

  /** Charts side by side, as a whole file. */
  public static String svg(List<LineChart> charts) {
    int most = charts.stream().mapToInt(chart -> chart.series.size()).max().orElse(0);
    int height = HEIGHT + 18 * most;
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n",
        WIDTH * charts.size(),
        height);
    add(svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n");
    for (int i = 0; i < charts.size(); i++) {
      add(svg, "<g transform=\"translate(%d 0)\">%n", i * WIDTH);
      charts.get(i).draw(svg);
      add(svg, "</g>%n");
    }
    return svg.append("</svg>\n").toString();
  }

  private void draw(StringBuilder svg) {
    Scale x =
        Scale.of(series.stream().flatMap(s -> s.points.stream()).mapToDouble(Point::x).toArray());
    Scale y =
        Scale.of(series.stream().flatMap(s -> s.points.stream()).mapToDouble(Point::y).toArray());
    add(
        svg,
        "<text x=\"%d\" y=\"20\" font-size=\"15\" text-anchor=\"middle\">%s</text>%n",
        WIDTH / 2,
        escaped(title));
    axes(svg, x, y);
    for (int i = 0; i < series.size(); i++) {
      line(svg, series.get(i), COLOURS.get(i % COLOURS.size()), x, y);
      int at = HEIGHT + 18 * i;
      add(
          svg,
          "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>%n",
          LEFT,
          at - 10,
          COLOURS.get(i % COLOURS.size()),
          LEFT + 18,
          at,
          escaped(series.get(i).name));
    }
  }

  private void axes(StringBuilder svg, Scale x, Scale y) {
    for (double tick : x.ticks()) {
      add(
          svg,
          "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
          left(x, tick),
          left(x, tick),
          TOP,
          HEIGHT - BOTTOM,
          left(x, tick),
          HEIGHT - BOTTOM + 16,
          number(tick));
    }
    for (double tick : y.ticks()) {
      add(
          svg,
          "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
          LEFT,
          WIDTH - RIGHT,
          top(y, tick),
          top(y, tick),
          LEFT - 6,
          top(y, tick) + 4,
          number(tick));
    }
    add(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
        (LEFT + WIDTH - RIGHT) / 2,
        HEIGHT - BOTTOM + 34,
        escaped(xLabel));
    add(
        svg,
        "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>%n",
        (TOP + HEIGHT - BOTTOM) / 2,
        escaped(yLabel));
  }

  private static void line(StringBuilder svg, Series series, String colour, Scale x, Scale y) {
    List<Point> points = series.points;
    for (int i = 0; i < points.size(); i++) {
      Point point = points.get(i);
      if (i > 0) {
        Point before = points.get(i - 1);
        add(
            svg,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\"%s/>%n",
            left(x, before.x),
            top(y, before.y),
            left(x, point.x),
            top(y, point.y),
            colour,
            point.measured ? "" : " stroke-dasharray=\"5 4\"");
      }
      add(
          svg,
          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" stroke=\"%s\" fill=\"%s\"/>%n",
          left(x, point.x),
          top(y, point.y),
          colour,
          point.measured ? colour : "white");
    }
  }

  private static double left(Scale scale, double value) {
    return LEFT + scale.share(value) * (WIDTH - LEFT - RIGHT);
  }

  private static double top(Scale scale, double value) {
    return HEIGHT - BOTTOM - scale.share(value) * (HEIGHT - TOP - BOTTOM);
  }

  /** 500, 10k, 1M. */
  static String number(double value) {
    if (value >= 1e6) {
      return plain(value / 1e6) + "M";
    }
    return value >= 1000 ? plain(value / 1000) + "k" : plain(value);
  }

  private static String plain(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%s", value);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static void add(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
