package dev.switchboard.cluster.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GridSettingsTest {
  private static GridSettings with(String activations) {
    return SettingsLoader.of(
            Optional.empty(), Map.of("SWITCHBOARD_GRID_ACTIVATIONS", activations), Map.of())
        .router()
        .grid();
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
