package dev.switchboard.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Measures several arrangements by turns, round after round: the memory of a shared machine changes
 * its speed from minute to minute, so only what lies seconds apart can be compared.
 */
final class ClusterRounds {
  private final Map<String, Contender> contenders;

  ClusterRounds(Map<String, Contender> contenders) {
    this.contenders = contenders;
  }

  /** Works with each of them for so long at least: of prompts and of generation each. */
  void warm(Duration each) {
    for (Contender contender : contenders.values()) {
      WarmUp warmUp = new WarmUp(each, contender.compilers());
      warmUp.with(contender::promptSpeed);
      AtomicInteger run = new AtomicInteger();
      warmUp.with(() -> contender.generateSpeed(run.getAndIncrement()));
    }
  }

  /** By name. One unmeasured turn of each comes first: some have rested since they were warmed. */
  Map<String, ClusterRow.Rounds> measure(int rounds) {
    Map<String, ClusterRow.Rounds> speeds = new LinkedHashMap<>();
    for (int round = -1; round < rounds; round++) {
      for (Map.Entry<String, Contender> entry : contenders.entrySet()) {
        double speed = entry.getValue().promptSpeed();
        keep(round, of(speeds, entry.getKey()).prompt(), speed);
      }
      for (Map.Entry<String, Contender> entry : contenders.entrySet()) {
        double speed = entry.getValue().generateSpeed(Math.max(0, round));
        keep(round, of(speeds, entry.getKey()).generate(), speed);
      }
    }
    return speeds;
  }

  private static ClusterRow.Rounds of(Map<String, ClusterRow.Rounds> speeds, String name) {
    return speeds.computeIfAbsent(
        name, n -> new ClusterRow.Rounds(new ArrayList<>(), new ArrayList<>()));
  }

  private static void keep(int round, List<Double> speeds, double speed) {
    if (round >= 0) {
      speeds.add(speed);
    }
  }
}
