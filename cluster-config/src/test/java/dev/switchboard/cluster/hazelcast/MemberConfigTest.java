package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import dev.switchboard.cluster.settings.GridSettings;
import dev.switchboard.cluster.settings.SettingsLoader;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MemberConfigTest {
  private final Config config =
      MemberConfig.of(
          "member-config-test", GridSettings.defaults(), Role.ROUTER, List.of("127.0.0.1:1"));

  @Test
  void findsMembersByTheListAlone() {
    var join = config.getNetworkConfig().getJoin();
    assertThat(join.getMulticastConfig().isEnabled()).isFalse();
    assertThat(join.getAutoDetectionConfig().isEnabled()).isFalse();
    assertThat(join.getTcpIpConfig().isEnabled()).isTrue();
    assertThat(join.getTcpIpConfig().getMembers()).containsExactly("127.0.0.1:1");
    assertThat(config.getNetworkConfig().getRestApiConfig().isEnabled()).isFalse();
    assertThat(config.getJetConfig().isEnabled()).isFalse();
    assertThat(config.getProperty("hazelcast.phone.home.enabled")).isEqualTo("false");
  }

  @Test
  void listensOnTheGivenAddressAloneUnlessToldToListenOnAll() {
    assertThat(config.getProperty("hazelcast.socket.bind.any")).isEqualTo("false");
    assertThat(config.getProperty("hazelcast.local.localAddress")).isEqualTo("127.0.0.1");
    Config all = MemberConfig.of("x", settings("grid.host", "0.0.0.0"), Role.ROUTER, List.of());
    assertThat(all.getProperty("hazelcast.socket.bind.any")).isEqualTo("true");
    assertThat(all.getProperty("hazelcast.local.localAddress")).isNull();
  }

  @Test
  void theHostMayBeAName() {
    try (HazelcastGrid grid = HazelcastGrid.join(settings("grid.host", "localhost"), Role.ROUTER)) {
      assertThat(grid.gridAddress()).matches("(localhost|127\\.0\\.0\\.1):\\d+");
    }
  }

  @Test
  void anAddressOfAnotherMachineIsRefusedByName() {
    assertThatThrownBy(() -> HazelcastGrid.join(settings("grid.host", "192.0.2.1"), Role.ROUTER))
        .isInstanceOf(GridException.class)
        .hasMessageContaining("cannot listen on 192.0.2.1:0 (grid.host, grid.port)");
  }

  @Test
  void nodesHoldNoData() {
    assertThat(config.isLiteMember()).isFalse();
    assertThat(MemberConfig.of("x", GridSettings.defaults(), Role.NODE, List.of()).isLiteMember())
        .isTrue();
  }

  @Test
  void javaObjectsOfOtherClassesAreNotRead() {
    HazelcastInstance instance = Hazelcast.newHazelcastInstance(config);
    try {
      IMap<String, Object> map = instance.getMap("objects");
      map.set("bytes", new byte[] {1});
      map.set("foreign", new Foreign("x"));
      assertThat(map.get("bytes")).isEqualTo(new byte[] {1});
      assertThatThrownBy(() -> map.get("foreign")).hasStackTraceContaining("Foreign");
    } finally {
      instance.getLifecycleService().terminate();
    }
  }

  private record Foreign(String text) implements Serializable {}

  private static GridSettings settings(String key, String value) {
    return SettingsLoader.of(Optional.empty(), Map.of(), Map.of(key, value)).gridSettings();
  }
}
