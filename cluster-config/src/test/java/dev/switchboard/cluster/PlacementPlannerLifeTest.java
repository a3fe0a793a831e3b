package dev.switchboard.cluster;

import static dev.switchboard.cluster.Nodes.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Lives of clusters: nodes come and go at random, and after every plan the rules hold. */
class PlacementPlannerLifeTest {
  @Property(tries = 150)
  void rulesHoldThroughAnyLife(
      @ForAll @IntRange(min = 1, max = 24) int experts,
      @ForAll @IntRange(min = 1, max = 3) int copies,
      @ForAll boolean limited,
      @ForAll long seed) {
    Random random = new Random(seed);
    List<NodeInfo> nodes = new ArrayList<>();
    Optional<Placement> previous = Optional.empty();
    for (int step = 0; step < 8; step++) {
      boolean joins = nodes.isEmpty() || random.nextInt(3) > 0;
      if (joins) {
        nodes.add(Nodes.node("n" + step, limited ? 1 + random.nextInt(6) : 0));
      } else {
        nodes.remove(random.nextInt(nodes.size()));
      }
      Collections.shuffle(nodes, random);
      Placement next = plan(experts, copies, nodes, previous);
      keepsTheRules(next, nodes);
      if (joins) {
        isAsEvenAsCanBe(next, nodes, copies);
      } else {
        movesNothing(previous.orElseThrow(), next, nodes);
      }
      List<NodeInfo> sameInOtherOrder = new ArrayList<>(nodes);
      Collections.reverse(sameInOtherOrder);
      assertThat(plan(experts, copies, sameInOtherOrder, previous)).isEqualTo(next);
      previous = Optional.of(next);
    }
  }

  @Property(tries = 100)
  void aJoinMovesNoMoreThanTheNewcomerTakes(
      @ForAll @IntRange(min = 1, max = 32) int experts,
      @ForAll @IntRange(min = 1, max = 6) int before) {
    List<NodeInfo> nodes = new ArrayList<>();
    for (int i = 0; i < before; i++) {
      nodes.add(Nodes.node("n" + i));
    }
    Placement old = plan(experts, 1, nodes, Optional.empty());
    nodes.add(Nodes.node("new"));
    Placement next = plan(experts, 1, nodes, Optional.of(old));
    long moved = 0;
    for (int expert = 0; expert < experts; expert++) {
      moved += old.replicas(expert).equals(next.replicas(expert)) ? 0 : 1;
    }
    assertThat(moved).isEqualTo(next.unitsOf("new").size());
  }

  private static void keepsTheRules(Placement placement, List<NodeInfo> nodes) {
    Set<String> ids = new HashSet<>(nodes.stream().map(NodeInfo::id).toList());
    for (List<String> holders : placement.holders()) {
      assertThat(holders).doesNotHaveDuplicates().allMatch(ids::contains);
      assertThat(holders.size()).isLessThanOrEqualTo(placement.copies());
    }
    for (NodeInfo node : nodes) {
      int load = placement.unitsOf(node.id()).size();
      assertThat(node.capacityExperts() == 0 || load <= node.capacityExperts()).isTrue();
    }
  }

  private static void isAsEvenAsCanBe(Placement placement, List<NodeInfo> nodes, int copies) {
    int most = nodes.stream().mapToInt(n -> placement.unitsOf(n.id()).size()).max().orElse(0);
    for (NodeInfo node : nodes) {
      int load = placement.unitsOf(node.id()).size();
      boolean full = load == node.capacityExperts() && node.capacityExperts() > 0;
      assertThat(full || load >= most - 1)
          .as("%s holds %d, another %d", node.id(), load, most)
          .isTrue();
    }
    boolean unlimited = nodes.stream().allMatch(node -> node.capacityExperts() == 0);
    if (unlimited) {
      int wanted = Math.min(copies, nodes.size());
      assertThat(placement.holders()).allMatch(holders -> holders.size() == wanted);
    }
  }

  private static void movesNothing(Placement old, Placement next, List<NodeInfo> nodes) {
    Set<String> live = new HashSet<>(nodes.stream().map(NodeInfo::id).toList());
    for (int expert = 0; expert < old.units(); expert++) {
      List<String> survivors = old.replicas(expert).stream().filter(live::contains).toList();
      assertThat(next.replicas(expert)).isEqualTo(survivors);
    }
  }

  private static Placement plan(
      int experts, int copies, List<NodeInfo> nodes, Optional<Placement> previous) {
    return PlacementPlanner.plan(new PlacementRequest(MODEL, experts, copies, nodes, previous));
  }
}
