package dev.switchboard.cluster.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.plan.PlanNode.Use;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Clusters live at random: nodes come, die, leave, are cordoned; loads change; the rules hold. */
class PlannerLifeTest {
  private final List<PlanNode> nodes = new ArrayList<>();
  private Optional<Spread> spread = Optional.empty();

  @Property(tries = 150)
  void rulesHoldThroughAnyLife(
      @ForAll @IntRange(min = 1, max = 40) int items,
      @ForAll @IntRange(min = 1, max = 3) int copies,
      @ForAll @IntRange(min = 0, max = 10) int moves,
      @ForAll long seed) {
    Random random = new Random(seed);
    nodes.clear();
    spread = Optional.empty();
    PlanLimits limits = new PlanLimits(copies, 0, moves, 0.05);
    for (int step = 0; step < 10; step++) {
      happen(random, step);
      Loads loads = loads(random, items);
      Plan plan = Planner.plan(new PlanRequest(loads, nodes, spread, limits, seed + step));
      keepsTheRules(plan, items, copies);
      keepsTheBudget(plan, moves);
      List<PlanNode> otherOrder = nodes.reversed();
      assertThat(Planner.plan(new PlanRequest(loads, otherOrder, spread, limits, seed + step)))
          .isEqualTo(plan);
      spread = Optional.of(plan.spread());
    }
  }

  private void happen(Random random, int step) {
    int what = nodes.size() < 2 ? 0 : random.nextInt(5);
    int which = nodes.isEmpty() ? 0 : random.nextInt(nodes.size());
    switch (what) {
      case 2 -> nodes.remove(which);
      case 3 -> use(which, Use.DRAINING);
      case 4 -> use(which, random.nextBoolean() ? Use.CORDONED : Use.OPEN);
      default ->
          nodes.add(
              new PlanNode(
                  "n" + step,
                  random.nextInt(30),
                  random.nextBoolean() ? 1 : 2,
                  "d" + random.nextInt(3),
                  Use.OPEN));
    }
  }

  private void use(int which, Use use) {
    PlanNode node = nodes.get(which);
    nodes.set(which, new PlanNode(node.id(), node.slots(), node.speed(), node.domain(), use));
  }

  private static Loads loads(Random random, int items) {
    long[] counts = new long[items];
    for (int i = 0; i < items; i++) {
      counts[i] = random.nextInt(4) == 0 ? 0 : (long) Math.exp(random.nextDouble() * 10);
    }
    return Loads.of(1, items, counts);
  }

  private void keepsTheRules(Plan plan, int items, int copies) {
    Map<String, PlanNode> byId =
        nodes.stream().collect(Collectors.toMap(PlanNode::id, node -> node));
    Map<String, Integer> used = new HashMap<>();
    for (int item = 0; item < items; item++) {
      List<String> holders = plan.spread().holders(0, item);
      assertThat(new HashSet<>(holders)).hasSameSizeAs(holders);
      for (String id : holders) {
        used.merge(id, 1, Integer::sum);
        assertThat(byId).containsKey(id);
        assertThat(byId.get(id).use()).isNotEqualTo(Use.DRAINING);
        if (byId.get(id).use() == Use.CORDONED) {
          assertThat(spread.orElseThrow().holders(0, item)).contains(id);
        }
      }
    }
    used.forEach((id, count) -> assertThat(count).isLessThanOrEqualTo(byId.get(id).slots()));
    long open = nodes.stream().filter(node -> node.use() == Use.OPEN && node.slots() > 0).count();
    int room =
        nodes.stream()
            .filter(node -> node.use() == Use.OPEN)
            .mapToInt(node -> Math.min(items, node.slots()))
            .sum();
    if (room >= items) {
      assertThat(plan.spread().rows().getFirst()).noneMatch(List::isEmpty);
    }
    if (nodes.stream().allMatch(node -> node.use() == Use.OPEN && node.slots() >= items)) {
      assertThat(plan.spread().rows().getFirst())
          .allMatch(ids -> ids.size() >= Math.min(copies, open));
    }
  }

  /** Where nothing had to be made good. */
  private void keepsTheBudget(Plan plan, int moves) {
    List<Plan.Change> changes = plan.changes();
    boolean forLoadAlone =
        spread.isPresent() && changes.stream().allMatch(change -> change.why() == Why.LOAD);
    if (forLoadAlone) {
      assertThat(Plans.loads(plan)).isLessThanOrEqualTo(moves);
      if (Plans.copies(plan.spread()) == Plans.copies(spread.orElseThrow())) {
        assertThat(plan.after()).isGreaterThanOrEqualTo(plan.before() - 1e-9);
      }
    }
    if (spread.isPresent()) {
      assertThat(changes.isEmpty()).isEqualTo(spread.get().equals(plan.spread()));
    }
  }
}
