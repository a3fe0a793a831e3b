package dev.switchboard.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Dashboard, alerts and autoscaling ask for metrics that there are. */
class DashboardTest {
  private static final Pattern METRIC = Pattern.compile("\\b(?:switchboard|process|jvm)_\\w+");

  /** In the page of metrics a name may be told by its end alone: {@code ..._queued_requests}. */
  private static final Pattern END = Pattern.compile("`\\.\\.\\.(_\\w+)`");

  /** Told as {@code process_*} and {@code jvm_*}. */
  private static final Pattern OF_EVERY_PROCESS = Pattern.compile("^(?:process|jvm)_");

  @Test
  void everyMetricThatIsAskedForIsTold() throws IOException {
    Set<String> known = documented();
    Set<String> asked = asked(Chart.render("pvc") + Chart.render("init-peers"));

    assertThat(asked).hasSizeGreaterThan(10).contains("switchboard_node_outstanding_tokens");
    assertThat(asked).allSatisfy(name -> assertThat(isKnown(name, known)).as(name).isTrue());
  }

  @Test
  void theDashboardIsWhatGrafanaReads() throws IOException {
    Path file = Chart.folder().resolve("dashboards/switchboard.json");
    var dashboard = new ObjectMapper().readTree(file.toFile());
    assertThat(dashboard.path("panels")).hasSizeGreaterThan(8);
    assertThat(dashboard.path("title").asText()).isEqualTo("Switchboard");
  }

  static Set<String> asked(String text) {
    Set<String> names = new TreeSet<>();
    Matcher matcher = METRIC.matcher(text);
    while (matcher.find()) {
      names.add(matcher.group());
    }
    return names;
  }

  private static Set<String> documented() throws IOException {
    Set<String> known = new TreeSet<>();
    for (String line : Files.readAllLines(Chart.home().resolve("docs/metrics.md"))) {
      Set<String> whole = asked(line);
      known.addAll(whole);
      Matcher end = END.matcher(line);
      while (end.find()) {
        for (String name : whole) {
          for (int at = name.indexOf('_'); at > 0; at = name.indexOf('_', at + 1)) {
            known.add(name.substring(0, at) + end.group(1));
          }
        }
      }
    }
    return known;
  }

  private static boolean isKnown(String name, Set<String> known) {
    String base = name.replaceAll("_(bucket|sum|count)$", "");
    return known.contains(name) || known.contains(base) || OF_EVERY_PROCESS.matcher(name).find();
  }
}
