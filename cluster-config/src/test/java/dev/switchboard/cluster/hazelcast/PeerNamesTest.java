package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.settings.GridSettings;
import dev.switchboard.cluster.settings.SettingsLoader;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Peers by the addresses of a name. */
class PeerNamesTest {
  private static final PeerNames SERVICE =
      host ->
          switch (host) {
            case "peers" -> List.of("10.0.0.1", "10.0.0.2", "fd00::3");
            case "10.0.0.9" -> List.of("10.0.0.9");
            default -> List.of();
          };

  @Test
  void aNameIsAllOfItsAddressesAndAnUnknownOneNone() {
    assertThat(SERVICE.addressesOf(List.of("10.0.0.9:5", "peers:7", "unknown:7", "peers:7")))
        .containsExactly("10.0.0.9:5", "10.0.0.1:7", "10.0.0.2:7", "[fd00::3]:7");
  }

  @Test
  void hazelcastIsGivenAddressesThatAreLookedUpAnewEachTime() {
    Deque<List<String>> answers =
        new ArrayDeque<>(List.of(List.of(), List.of("10.0.0.1"), List.of("10.0.0.1", "10.0.0.2")));
    NamedMembers members = new NamedMembers(List.of("peers:7"), host -> answers.removeFirst());

    assertThat(members.getMembers()).isEmpty();
    assertThat(members.getMembers()).containsExactly("10.0.0.1:7");
    assertThat(members.getMembers()).containsExactly("10.0.0.1:7", "10.0.0.2:7");
  }

  @Test
  void theConfigurationTakesNames() {
    Config config =
        MemberConfig.of("x", GridSettings.defaults(), Role.ROUTER, List.of("localhost:1"));
    assertThat(config.getNetworkConfig().getJoin().getTcpIpConfig().getMembers())
        .contains("127.0.0.1:1");
  }

  @Test
  void aRouterWaitsUntilItsNameTellsIt() {
    Deque<List<String>> answers =
        new ArrayDeque<>(List.of(List.of(), List.of("10.0.0.1"), List.of("10.0.0.1", "10.0.0.9")));
    PeerNames names =
        host -> host.equals("peers") ? answers.removeFirst() : SERVICE.addressesOf(host);

    assertThat(OwnName.await(dns("10.0.0.9"), names, Duration.ofSeconds(20))).isTrue();
    assertThat(answers).isEmpty();
    assertThat(OwnName.await(dns("10.0.0.9"), SERVICE, Duration.ZERO)).isFalse();
  }

  @Test
  void routersFindEachOtherByAName() {
    try (Grids grids = new Grids()) {
      HazelcastGrid first = grids.router();
      String port = first.gridAddress().substring(first.gridAddress().lastIndexOf(':'));
      String name = InetAddress.getLoopbackAddress().getHostName();
      HazelcastGrid second = grids.router(name + port);
      first.announce(new RouterInfo("a", "127.0.0.1", 1, 1, "model", false, false));
      second.announce(new RouterInfo("b", "127.0.0.1", 2, 2, "model", false, false));

      ClusterView seen = Grids.await(second, view -> view.routers().size() == 2);
      assertThat(seen.routers()).extracting(RouterInfo::id).containsExactlyInAnyOrder("a", "b");
    }
  }

  private static GridSettings dns(String host) {
    return SettingsLoader.of(
            Optional.empty(),
            Map.of(),
            Map.of("grid.host", host, "grid.join", "peers:7", "grid.discovery", "dns"))
        .gridSettings();
  }
}
