package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import dev.switchboard.cluster.settings.GridSettings;
import java.io.Serializable;
import java.util.List;
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
}
