package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;
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

    List<Path> written = ContextPlot.write(file, List.of(report), List.of(other));

    // Nothing is known of generating.
    assertThat(written).containsExactly(file, folder.resolve("plot-memory.svg"));
    for (Path picture : written) {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
      factory
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(Files.readString(picture))));
    }
    Map<String, XYChart> charts = ContextPlot.charts(List.of(report), List.of(other));
    assertThat(charts.get("").getSeriesMap().keySet())
        .containsExactly(
            "m<1>.gguf, switchboard",
            "m<1>.gguf, switchboard, fitted, not measured",
            "other.gguf, switchboard",
            "other.gguf, switchboard, fitted, not measured");
    assertThat(charts.get("-memory").getSeriesMap()).hasSize(2);
    assertThat(charts.get("").getSeriesMap().get("m<1>.gguf, switchboard").getYData())
        .containsExactly(500, 510);
  }

  @Test
  void aRunBesideItselfKeepsBothAndAPictureMayBePng() throws Exception {
    JsonNode report = new ObjectMapper().readTree(REPORT);
    Path same = Files.writeString(folder.resolve("same.json"), REPORT);
    Path file = folder.resolve("p.png");

    List<Path> written = ContextPlot.write(file, List.of(report), List.of(same));

    assertThat(written).hasSize(2);
    assertThat(ImageIO.read(file.toFile()).getWidth()).isPositive();
  }

  @Test
  void otherNamesAreWrongUsage() {
    assertThatThrownBy(() -> ContextPlot.check(Path.of("p.pdf")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("p.pdf");
  }

  @Test
  void whatIsNoReportIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("x.json"), "{}");
    assertThatThrownBy(() ->
            ContextPlot.write(
                folder.resolve("p.svg"),
                List.of(new ObjectMapper().readTree(REPORT)),
                List.of(file)))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("x.json");
  }
}
