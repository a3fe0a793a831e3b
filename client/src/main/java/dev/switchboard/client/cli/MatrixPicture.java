package dev.switchboard.client.cli;

import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;

/** A confusion matrix as a picture: domains from top to bottom, experts from left to right. */
final class MatrixPicture {
  private static final int CELL = 90;
  private static final int MARGIN = 220;
  private static final int MOST_PIXELS = 4000;

  private MatrixPicture() {}

  static boolean isDrawable(Path file) {
    return vector(file) || name(file).endsWith(".png");
  }

  private static boolean vector(Path file) {
    return name(file).endsWith(".svg");
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
  }

  /** Writes it, as the file's name asks. */
  static void write(ConfusionMatrix matrix, Path file) {
    System.setProperty("java.awt.headless", "true");
    HeatMapChart chart = chart(matrix);
    try (OutputStream out = Files.newOutputStream(file)) {
      if (vector(file)) {
        VectorGraphicsEncoder.saveVectorGraphic(chart, out, VectorGraphicsFormat.SVG);
      } else {
        BitmapEncoder.saveBitmap(chart, out, BitmapFormat.PNG);
      }
    } catch (IOException e) {
      throw new CommandException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static HeatMapChart chart(ConfusionMatrix matrix) {
    HeatMapChart chart =
        new HeatMapChartBuilder()
            .width(Math.min(MOST_PIXELS, MARGIN + CELL * matrix.experts().size()))
            .height(Math.min(MOST_PIXELS, MARGIN / 2 + CELL * matrix.domains().size() / 2))
            .title("Windows of each text by the expert that they woke")
            .xAxisTitle("expert")
            .yAxisTitle("text")
            .build();
    chart.getStyler().setShowValue(true);
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setRangeColors(new Color[] {Color.WHITE, new Color(0x1f77b4)});
    int rows = matrix.domains().size();
    List<Number[]> cells = new ArrayList<>();
    for (int row = 0; row < rows; row++) { // XChart's rows grow upwards
      List<Long> counts = matrix.counts().get(rows - 1 - row);
      for (int column = 0; column < counts.size(); column++) {
        cells.add(new Number[] {column, row, counts.get(column)});
      }
    }
    chart.addSeries("windows", matrix.experts(), matrix.domains().reversed(), cells);
    return chart;
  }
}
