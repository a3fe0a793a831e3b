package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.integration.Fleet.Start;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.PlacementDecision;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A leader that stands still, is replaced, and wakes up: it cannot undo what was decided. */
class PausedLeaderIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final GenerateRequest REQUEST = Generation.greedy(Models.prompt(12), 20).build();

  @Test
  void whatWasDecidedWhileItSleptHolds() {
    try (Fleet fleet = new Fleet(Map.of("SWITCHBOARD_GRID_HEARTBEAT_TIMEOUT", "6s"))) {
      Start start = Start.of(Models.ffn());
      Launched old = fleet.router("first", Start.of(Models.ffn(), "--replicas", "2"));
      Launched next = fleet.router("second", Start.of(Models.ffn(), "--replicas", "2"));
      Launched a = fleet.node("a", start);
      Launched b = fleet.node("b", start);
      Fleet.ready(old, next, a, b);
      Eventually.holds("the first leads", SOON, () -> fleet.sees(next, 2, old));
      String undisturbed = Generation.run(fleet.channel(old), REQUEST).digest();
      long before = fleet.placement(next).getEpoch();

      old.signal("STOP");
      Eventually.holds("the second leads", SOON, () -> fleet.sees(next, 2, next));
      b.signal("KILL");
      Eventually.holds("the other node has it all", SOON, () -> fleet.sees(next, 1, next));
      long decided = fleet.placement(next).getEpoch();
      assertThat(decided).isGreaterThan(before);
      List<PlacementDecision> history = fleet.placement(next).getHistoryList();
      old.signal("CONT");

      Eventually.holds("the first is back, and follows", SOON, () -> fleet.sees(old, 1, next));
      Eventually.holds("so sees the second", SOON, () -> fleet.sees(next, 1, next));
      assertThat(fleet.placement(next).getEpoch()).isEqualTo(decided);
      Eventually.holds(
          "the same is in force for both", SOON, () -> fleet.placement(old).getEpoch() == decided);
      Eventually.holds(
          "both know what was decided",
          SOON,
          () ->
              fleet.placement(next).getHistoryList().containsAll(history)
                  && fleet
                      .placement(old)
                      .getHistoryList()
                      .equals(fleet.placement(next).getHistoryList()));
      Eventually.holds("it can send to all", SOON, () -> fleet.status(old).getComplete());
      assertThat(Generation.run(fleet.channel(old), REQUEST).digest()).isEqualTo(undisturbed);
      assertThat(Generation.run(fleet.channel(next), REQUEST).digest()).isEqualTo(undisturbed);
    }
  }
}
