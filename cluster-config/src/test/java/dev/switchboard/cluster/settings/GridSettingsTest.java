package dev.switchboard.cluster.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GridSettingsTest {
  private static StateSettings state(String... pairs) {
    Map<String, String> flags = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      flags.put("grid." + pairs[i], pairs[i + 1]);
    }
    return SettingsLoader.of(Optional.empty(), Map.of(), flags).gridSettings().state();
  }

  @Test
  void theStateKeyIsASecretFromTheEnvironmentOrAFile(@TempDir Path folder) throws IOException {
    String secret = "0a".repeat(32);
    Path file = Files.writeString(folder.resolve("key"), secret + "\n");
    assertThat(GridSettings.defaults().state().stateKey()).isEmpty();
    assertThat(state("stateKey", secret).stateKey()).isPresent();
    assertThat(state("stateKey", "file:" + file).stateKey()).isPresent();
    assertThat(state("stateKey", secret).toString()).doesNotContain("0a0a");
    assertThatThrownBy(() -> state("stateKey", "file:" + folder.resolve("none")))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("grid.stateKey")
        .hasMessageContaining("none");
    assertThatThrownBy(() -> state("stateKey", "secret"))
        .hasMessageContaining("64 hexadecimal digits")
        .hasMessageNotContaining("secret\"");
    assertThatThrownBy(() -> state("snapshotBytes", "2MiB", "stateBytes", "1MiB"))
        .hasMessageContaining("grid.snapshotBytes (2097152) is larger than grid.stateBytes");
  }

  private static GridSettings with(String activations) {
    return SettingsLoader.of(
            Optional.empty(), Map.of("SWITCHBOARD_GRID_ACTIVATIONS", activations), Map.of())
        .router()
        .grid();
  }

  private static GridSettings grid(String... pairs) {
    Map<String, String> flags = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      flags.put("grid." + pairs[i], pairs[i + 1]);
    }
    return SettingsLoader.of(Optional.empty(), Map.of(), flags).gridSettings();
  }

  @Test
  void discoveryByDnsNeedsANameAndAnAddress() {
    assertThat(GridSettings.defaults().namesTellAllRouters()).isFalse();
    assertThat(
            grid("discovery", "dns", "join", "peers:7", "host", "10.0.0.1").namesTellAllRouters())
        .isTrue();
    assertThatThrownBy(() -> grid("discovery", "dns")).hasMessageContaining("grid.join is empty");
    assertThatThrownBy(() -> grid("discovery", "dns", "join", "peers:7", "host", "0.0.0.0"))
        .hasMessageContaining("grid.host is 0.0.0.0");
    assertThatThrownBy(() -> grid("discovery", "magic"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("grid.discovery is \"magic\"");
  }

  @Test
  void activationsAreCodesOrFloats() {
    assertThat(GridSettings.defaults().activations()).isEqualTo("codes");
    assertThat(with("float").withPort(7).activations()).isEqualTo("float");
    assertThatThrownBy(() -> with("half"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("grid.activations")
        .hasMessageContaining("half");
  }
}
