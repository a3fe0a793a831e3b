package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.benchmarks.chart.LineChart;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class ContextPlotTest {
  private static final String REPORT =
      """
      {"model": "m<1>.gguf", "peer": "switchboard",
       "lengths": [{"tokens": 1000, "nanosPerToken": 5e5, "residentBytes": 4e8},
                   {"tokens": 10000, "nanosPerToken": 5.1e5, "residentBytes": 4e8}],
       "extended": {"tokens": 100000, "nanosPerToken": 7e6, "measured": false}}
      """;

  @TempDir Path folder;

  @Test
  void reportsAreDrawnBesideEachOther() throws Exception {
    JsonNode report = new ObjectMapper().readTree(REPORT);
    Path other = Files.writeString(folder.resolve("other.json"), REPORT.replace("m<1>", "other"));
    Path file = folder.resolve("plot.svg");

    ContextPlot.write(file, report, List.of(other));

    String svg = Files.readString(file);
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
    assertThat(svg).contains("m&lt;1&gt;.gguf, switchboard", "other.gguf", "100k");
    // Two measured points and one that is not, of two reports; the memory's two; nothing generated.
    assertThat(svg.split("<circle", -1)).hasSize(1 + 2 * 3 + 2 * 2);
    assertThat(svg.split("stroke-dasharray", -1)).hasSize(1 + 2);
  }

  @Test
  void whatIsNoReportIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("x.json"), "{}");
    assertThatThrownBy(() ->
            ContextPlot.write(
                folder.resolve("p.svg"), new ObjectMapper().readTree(REPORT), List.of(file)))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("x.json");
  }

  @Test
  void logarithmsNeedPositiveValues() {
    LineChart chart =
        new LineChart(
            "t",
            "x",
            "y",
            List.of(new LineChart.Series("s", List.of(new LineChart.Point(1, 0, true)))));
    assertThatThrownBy(() -> LineChart.svg(List.of(chart))).hasMessageContaining("0.0");
  }
}
