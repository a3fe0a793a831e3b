package dev.switchboard.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The whole cluster under seeded faults: {@code -Dsimulation.seeds=N} runs more, {@code
 * -Dsimulation.first=S -Dsimulation.seeds=1} one again.
 */
class SimulationTest {
  private static final int SEEDS = Integer.getInteger("simulation.seeds", 2000);
  private static final long FIRST = Long.getLong("simulation.first", 0);
  private static final int SEEDS_FOR_A_BUG = 1000;

  /** What went wrong, and all that happened, when the seed is run once more. */
  private static String story(long seed) {
    Simulation.Outcome again = Simulation.run(seed, Bug.NONE, true);
    return "seed %d\n%s\nviolations:\n%s"
        .formatted(seed, String.join("\n", again.trace()), String.join("\n", again.violations()));
  }

  @Test
  void nothingIsLostDoubledWrongOrEndless() {
    Optional<Simulation.Outcome> bad =
        Seeds.run(FIRST, SEEDS, Bug.NONE, outcome -> !outcome.good());

    assertThat(bad.map(outcome -> story(outcome.seed()))).isEmpty();
  }

  @Test
  void aSeedReplays() {
    for (long seed = 0; seed < 20; seed++) {
      Simulation.Outcome first = Simulation.run(seed, Bug.NONE, false);
      Simulation.Outcome again = Simulation.run(seed, Bug.NONE, true);

      assertThat(again.course()).as("seed %d", seed).isEqualTo(first.course());
      assertThat(again.events()).isEqualTo(first.events());
      assertThat(again.trace()).isNotEmpty();
    }
  }

  @Test
  void faultsDoHappen() {
    long slots = 0;
    long faults = 0;
    long losses = 0;
    for (long seed = 0; seed < 50; seed++) {
      Simulation.Outcome outcome = Simulation.run(seed, Bug.NONE, false);
      slots += outcome.slots();
      faults += outcome.faults();
      losses += outcome.losses();
    }
    assertThat(List.of(slots, faults, losses)).allMatch(count -> count > 50);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedBugIsFound(Bug bug) {
    assertThat(Seeds.run(0, SEEDS_FOR_A_BUG, bug, outcome -> !outcome.good())).isPresent();
  }
}
