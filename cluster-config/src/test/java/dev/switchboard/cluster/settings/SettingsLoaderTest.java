package dev.switchboard.cluster.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsLoaderTest {
  @TempDir Path folder;

  @Test
  void defaultsAreThoseOfTheReference() {
    RouterSettings router = RouterSettings.defaults();
    assertThat(router.host()).isEqualTo("127.0.0.1");
    assertThat(router.port()).isZero();
    assertThat(router.model()).isEmpty();
    assertThat(router.expertDeadline()).isEqualTo(Duration.ofMillis(1500));
    assertThat(router.maxMessageBytes()).isEqualTo(64L << 20);
    assertThat(GridSettings.defaults().join()).isEmpty();
    assertThat(NodeSettings.defaults().queue()).isEqualTo(64);
  }

  @Test
  void everyKeyNamesAComponentOfItsRecord() {
    assertThat(names(RouterSettings.SECTION)).isEqualTo(components(RouterSettings.class));
    assertThat(names(NodeSettings.SECTION)).isEqualTo(components(NodeSettings.class));
    assertThat(names(GridSettings.SECTION)).isEqualTo(components(GridSettings.class));
  }

  @Test
  void aFlagBeatsTheEnvironmentThatBeatsTheFileThatBeatsTheDefault() throws IOException {
    Path file = file("router:\n  port: 1\n  queue: 1\n  replicas: 1\n");
    Map<String, String> env =
        Map.of("SWITCHBOARD_ROUTER_PORT", "2", "SWITCHBOARD_ROUTER_QUEUE", "2");
    RouterSettings settings =
        SettingsLoader.of(Optional.of(file), env, Map.of("router.port", "3")).routerSettings();
    assertThat(settings.port()).isEqualTo(3);
    assertThat(settings.queue()).isEqualTo(2);
    assertThat(settings.replicas()).isEqualTo(1);
    assertThat(settings.stepTokens()).isEqualTo(512);
  }

  @Test
  void oneFileHoldsEveryKindOfValueAndAllSections() throws IOException {
    Path file =
        file(
            """
            router: {model: /models/a, localExperts: yes, expertDeadline: 2s, maxMessageBytes: 1 MiB}
            node:
              stateBytes: 0
              capacityExperts: 3
            grid:
              join: ["10.0.0.1:5701", "[::1]:5702"]
              clusterName: blue
            """);
    SettingsLoader loader = SettingsLoader.of(Optional.of(file), Map.of(), Map.of());
    assertThat(loader.routerSettings().model()).contains(Path.of("/models/a"));
    assertThat(loader.routerSettings().localExperts()).isTrue();
    assertThat(loader.routerSettings().expertDeadline()).isEqualTo(Duration.ofSeconds(2));
    assertThat(loader.routerSettings().maxMessageBytes()).isEqualTo(1 << 20);
    assertThat(loader.nodeSettings().capacityExperts()).isEqualTo(3);
    assertThat(loader.node().grid().join()).containsExactly("10.0.0.1:5701", "[::1]:5702");
    assertThat(loader.router().grid().clusterName()).isEqualTo("blue");
  }

  @Test
  void anEmptyFileChangesNothing() throws IOException {
    assertThat(
            SettingsLoader.of(Optional.of(file("# nothing\n")), Map.of(), Map.of())
                .routerSettings())
        .isEqualTo(RouterSettings.defaults());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "router.port | 70000 | expected 0 to 65535",
        "router.port | -1 | expected 0 to 65535",
        "router.port | eighty | expected a whole number",
        "router.port | 99999999999 | expected a whole number",
        "router.localExperts | maybe | expected true or false",
        "router.expertDeadline | 5 | expected a time with its unit",
        "router.expertDeadline | 0s | expected 1ms to 10m",
        "router.expertDeadline | 99999999999999999999s | expected a time",
        "router.maxMessageBytes | 3XB | expected a number of bytes",
        "router.maxMessageBytes | 9999999999999TiB | expected a number of bytes",
        "router.maxMessageBytes | 1 | expected 4KiB to 2047MiB",
        "grid.join | nowhere | expected host:port, found \"nowhere\"",
        "grid.join | a:1,b:0 | expected a port of 1 to 65535, found 0",
        "grid.join | ::1:5701 | expected host:port",
        "grid.clusterName | '' | expected some text",
      })
  void impossibleValuesNameKeyValueAndRange(String key, String value, String expected) {
    assertThatThrownBy(() -> flags(Map.of(key, value)))
        .isInstanceOf(SettingsException.class)
        .hasMessageStartingWith(key + ": \"" + value + "\" is not possible; " + expected)
        .hasMessageContaining("(given by flag)");
  }

  @Test
  void unknownKeysNameTheFileAndTheNearestKnown() throws IOException {
    Path file = file("router:\n  promptChunks: 1\n");
    assertThatThrownBy(() -> SettingsLoader.of(Optional.of(file), Map.of(), Map.of()))
        .hasMessage(
            "unknown setting router.promptChunks in "
                + file
                + "; did you mean router.promptChunk?");
    assertThatThrownBy(() ->
            SettingsLoader.of(Optional.empty(), Map.of("SWITCHBOARD_GRID_PROT", "1"), Map.of()))
        .hasMessage(
            "unknown setting SWITCHBOARD_GRID_PROT in the environment; did you mean SWITCHBOARD_GRID_PORT?");
    assertThatThrownBy(() -> flags(Map.of("routr.port", "1")))
        .hasMessageContaining("did you mean router.port?");
  }

  @Test
  void otherVariablesOfTheProgramAreNotSettings() {
    Map<String, String> environment =
        Map.of("SWITCHBOARD_HOME", "/x", "SWITCHBOARD_LOG", "INFO", "PATH", "/bin");
    assertThat(SettingsLoader.of(Optional.empty(), environment, Map.of()).routerSettings())
        .isEqualTo(RouterSettings.defaults());
  }

  @Test
  void valuesOfKubernetesServiceLinksAreExplained() {
    Map<String, String> environment = Map.of("SWITCHBOARD_ROUTER_PORT", "tcp://10.0.0.1:80");
    assertThatThrownBy(() -> SettingsLoader.of(Optional.empty(), environment, Map.of()))
        .hasMessageContaining("environment variable SWITCHBOARD_ROUTER_PORT")
        .hasMessageContaining("enableServiceLinks: false");
  }

  @Test
  void impossibleValuesInAFileNameTheFile() throws IOException {
    Path file = file("router:\n  port: 70000\n");
    assertThatThrownBy(() -> SettingsLoader.of(Optional.of(file), Map.of(), Map.of()))
        .hasMessage(
            "router.port: \"70000\" is not possible; expected 0 to 65535 (given by " + file + ")");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "router: 5\n",
        "- a\n",
        "router:\n  port:\n",
        "router:\n  port: {a: 1}\n",
        "router:\n",
        "router:\n  port: 1\n  port: 2\n",
        "router: [\n",
        "\"unclosed\n",
      })
  void filesThatAreNoSettingsAreRefusedByName(String text) throws IOException {
    Path file = file(text);
    assertThatThrownBy(() -> SettingsLoader.of(Optional.of(file), Map.of(), Map.of()))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void aMissingFileIsRefusedByName() {
    Path file = folder.resolve("none.yaml");
    assertThatThrownBy(() -> SettingsLoader.of(Optional.of(file), Map.of(), Map.of()))
        .hasMessage("cannot read the settings file " + file + ": no such file");
  }

  @Test
  void contradictionsEndTheStart() {
    assertThatThrownBy(() -> flags(Map.of("router.port", "7000", "grid.port", "7000")).router())
        .hasMessage("router.port and grid.port are both 7000 on 127.0.0.1: give each its own");
    assertThatThrownBy(() -> flags(Map.of("router.maxSequences", "600")).router())
        .hasMessageContaining("router.maxSequences (600)");
    assertThatThrownBy(() -> flags(Map.of("router.requestDeadline", "1s")).router())
        .hasMessageContaining(
            "router.expertDeadline (1500ms) is longer than router.requestDeadline (1s)");
    assertThatThrownBy(() -> flags(Map.of()).node()).hasMessageContaining("grid.join is empty");
    assertThat(flags(Map.of("router.port", "7000", "grid.port", "7001")).router().router().port())
        .isEqualTo(7000);
  }

  @Test
  void thePageInTheDocsIsTheOneOfTheCode() throws IOException {
    Path page = Path.of(System.getProperty("switchboard.home", ".."), "docs", "configuration.md");
    assertThat(Files.readString(page))
        .as("run dev.switchboard.cluster.settings.ConfigReference docs/configuration.md")
        .isEqualTo(ConfigReference.markdown());
  }

  @Test
  void thePageNamesEveryKeyWithItsVariable() {
    assertThat(ConfigReference.markdown())
        .contains(
            "| `router.expertDeadline` | time | `1500ms` | 1ms to 10m | `SWITCHBOARD_ROUTER_EXPERT_DEADLINE` |")
        .contains("| `grid.join` | list of host:port |  |  | `SWITCHBOARD_GRID_JOIN` |");
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("settings.yaml"), text);
  }

  private static SettingsLoader flags(Map<String, String> flags) {
    return SettingsLoader.of(Optional.empty(), Map.of(), flags);
  }

  private static List<String> names(Section section) {
    return section.keys().stream().map(Key::name).toList();
  }

  /** Those of records within it in their place. */
  private static List<String> components(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .flatMap(component ->
            component.getType().isRecord()
                ? components(component.getType()).stream()
                : Stream.of(component.getName()))
        .toList();
  }
}
