package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.dispatch.SimulatedCall.Mutation;
import dev.switchboard.router.health.NodeHealth;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Dispatch, replica choice, ejection and hedging over simulated nodes, clock and faults: every slot
 * is answered once, by a node that has its expert, or lost when nobody could; every call ends; it
 * is quiet again when the faults stop. {@code -Dsimulation.seeds=N} runs more.
 */
class DispatchSimulationTest {
  private static final int SEEDS = Integer.getInteger("simulation.seeds", 2000);
  private static final int SEEDS_FOR_A_MUTATION = 1000;
  private static final int CALLS = 20;
  private static final int CALM_CALLS = 60;

  private static List<String> violations(long seed, Mutation mutation) {
    Random random = new Random(seed);
    int count = 2 + random.nextInt(5);
    SimulatedNodes nodes =
        new SimulatedNodes(
            random, count, 2 + random.nextInt(6), 1 + random.nextInt(Math.min(3, count)));
    NodeHealth health =
        new NodeHealth(
            new NodeHealth.Limits(
                Duration.ofMillis(40), 5, random.nextInt(2) * 20, Duration.ofSeconds(1)));
    SimulatedCall.Desk desk =
        new SimulatedCall.Desk(health, new AtomicLong(), new TreeMap<>(), new HashMap<>());
    List<String> found = new ArrayList<>();
    for (int i = 0; i < CALLS && found.isEmpty(); i++) {
      nodes.rest(random.nextInt(200) * 1_000_000L);
      found.addAll(call(nodes, desk, mutation, random).run());
    }
    nodes.calm();
    nodes.rest(60_000_000_000L);
    for (int i = 0; i < CALM_CALLS && found.isEmpty(); i++) {
      nodes.rest(1_000_000_000L);
      SimulatedCall call = call(nodes, desk, mutation, random);
      found.addAll(call.run());
      if (call.lost() > 0) {
        found.add("lost after the faults");
      }
    }
    if (found.isEmpty() && health.counts().ejected() > 0) {
      found.add("still out after the faults: " + health.counts());
    }
    return found;
  }

  private static SimulatedCall call(
      SimulatedNodes nodes, SimulatedCall.Desk desk, Mutation mutation, Random random) {
    int[] experts = random.ints(1 + random.nextInt(24), 0, nodes.experts()).toArray();
    return new SimulatedCall(nodes, desk, mutation, experts);
  }

  @Test
  void nothingIsLostDoubledOrEndless() {
    for (long seed = 0; seed < SEEDS; seed++) {
      assertThat(violations(seed, Mutation.NONE)).as("seed %d", seed).isEmpty();
    }
  }

  @Test
  void aSeedReplays() {
    for (long seed = 0; seed < 50; seed++) {
      assertThat(violations(seed, Mutation.LATE_ANSWER_TAKEN))
          .isEqualTo(violations(seed, Mutation.LATE_ANSWER_TAKEN));
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedBugIsFound(Mutation mutation) {
    for (long seed = 0; seed < SEEDS_FOR_A_MUTATION; seed++) {
      if (!violations(seed, mutation).isEmpty()) {
        return;
      }
    }
    throw new AssertionError(mutation + " was not found in " + SEEDS_FOR_A_MUTATION + " seeds");
  }
}
