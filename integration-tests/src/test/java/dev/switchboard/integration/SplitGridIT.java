package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.switchboard.integration.Fleet.Start;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.PlacementDecision;
import dev.switchboard.proto.v1.RouterStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A network that is cut in the middle: both halves serve, and are one again afterwards. */
class SplitGridIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final GenerateRequest REQUEST = Generation.greedy(Models.prompt(12), 20).build();

  private int asked;
  private long tokensEach;

  @Test
  void bothHalvesServeAndNothingIsLostWhenTheyMeet() {
    assumeTrue(SplitNetwork.possible(), "network namespaces cannot be made here");
    Map<String, String> environment =
        Map.of("SWITCHBOARD_GRID_HEARTBEAT_TIMEOUT", "6s", "SWITCHBOARD_GRID_SAME_HOST", "tcp");
    try (SplitNetwork network = SplitNetwork.open();
        Fleet fleet = new Fleet(environment)) {
      Launched one = fleet.router("half-0-router", in(network, 0, "--replicas", "2"));
      Launched other = fleet.router("half-1-router", in(network, 1, "--replicas", "2"));
      List<Launched> nodes = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        nodes.add(fleet.node("half-" + i / 2 + "-node-" + i % 2, in(network, i / 2)));
      }
      Fleet.ready(one, other);
      Fleet.ready(nodes.toArray(Launched[]::new));
      Eventually.holds("all are one", SOON, () -> fleet.sees(other, 4, one));
      String undisturbed = ask(fleet, one);
      tokensEach = fleet.status(one).getTokensRouted();

      network.joined(false);
      Eventually.holds("one half is alone", SOON, () -> alone(fleet, one));
      Eventually.holds("the other too", SOON, () -> alone(fleet, other));
      assertThat(ask(fleet, one)).isEqualTo(undisturbed);
      assertThat(ask(fleet, other)).isEqualTo(undisturbed);
      long epoch = Math.max(fleet.placement(one).getEpoch(), fleet.placement(other).getEpoch());
      Set<String> decisions =
          decisions(
              Stream.concat(
                  fleet.placement(one).getHistoryList().stream(),
                  fleet.placement(other).getHistoryList().stream()));

      network.joined(true);
      Eventually.holds("they are one again", SOON, () -> whole(fleet, one) && whole(fleet, other));
      Eventually.holds(
          "one placement is in force, newer than both",
          SOON,
          () ->
              fleet.placement(one).getEpoch() > epoch
                  && fleet.placement(one).getEpoch() == fleet.placement(other).getEpoch());
      Eventually.holds(
          "one leads",
          SOON,
          () ->
              leaders(fleet, one).size() == 1 && leaders(fleet, one).equals(leaders(fleet, other)));
      Eventually.holds(
          "what both have decided is known",
          SOON,
          () -> decisions(fleet.placement(one).getHistoryList().stream()).containsAll(decisions));
      assertThat(ask(fleet, one)).isEqualTo(undisturbed);
      assertThat(ask(fleet, other)).isEqualTo(undisturbed);
      Eventually.holds(
          "every token is counted once, at both",
          SOON,
          () -> counted(fleet, one) && counted(fleet, other));
    }
  }

  private static Start in(SplitNetwork network, int half, String... more) {
    List<String> options = new ArrayList<>(List.of(more));
    options.addAll(List.of("--host", network.address(half), "--grid-host", network.address(half)));
    return Start.of(Models.ffn(), options.toArray(String[]::new)).under(network.under(half));
  }

  private String ask(Fleet fleet, Launched router) {
    asked++;
    return Generation.run(fleet.channel(router), REQUEST).digest();
  }

  private boolean counted(Fleet fleet, Launched router) {
    return fleet.status(router).getTokensRouted() == asked * tokensEach;
  }

  private static boolean alone(Fleet fleet, Launched router) {
    return fleet
        .tryStatus(router)
        .filter(status -> status.getComplete() && status.getNodesCount() == 2)
        .filter(status -> status.getRoutersCount() == 1 && status.getRouters(0).getLeader())
        .isPresent();
  }

  private static boolean whole(Fleet fleet, Launched router) {
    return fleet
        .tryStatus(router)
        .filter(status -> status.getComplete() && status.getRoutersCount() == 2)
        .filter(status -> status.getNodesList().stream().allMatch(n -> n.getUnitsHeld() > 0))
        .filter(status -> status.getNodesCount() == 4)
        .isPresent();
  }

  private static List<Long> leaders(Fleet fleet, Launched router) {
    return fleet.status(router).getRoutersList().stream()
        .filter(RouterStatus::getLeader)
        .map(RouterStatus::getPid)
        .toList();
  }

  private static Set<String> decisions(Stream<PlacementDecision> history) {
    Set<String> names = new TreeSet<>();
    history.forEach(one -> names.add(one.getEpoch() + " " + one.getRouter() + " " + one.getWhy()));
    return names;
  }
}
