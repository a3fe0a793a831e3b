package dev.switchboard.cluster.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsAddressTest {
  @Test
  void metricsAreOffByDefault() {
    assertThat(RouterSettings.defaults().metrics()).isEmpty();
    assertThat(NodeSettings.defaults().metrics()).isEmpty();
  }

  @Test
  void anAddressHasHostAndPort() {
    Map<String, String> environment =
        Map.of("SWITCHBOARD_ROUTER_METRICS", "0.0.0.0:9464", "SWITCHBOARD_NODE_METRICS", "[::1]:0");
    SettingsLoader loader = SettingsLoader.of(Optional.empty(), environment, Map.of());

    assertThat(loader.routerSettings().metrics()).contains(new MetricsAddress("0.0.0.0", 9464));
    assertThat(loader.nodeSettings().metrics()).contains(new MetricsAddress("::1", 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"on", "9464", ":9464", "host:", "host:65536", "host:-1", "::1:9464", "h:1x"})
  void whatIsNoAddressIsRefused(String text) {
    assertThatThrownBy(() -> MetricsAddress.of("node.metrics", text))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("node.metrics")
        .hasMessageContaining(text);
  }
}
