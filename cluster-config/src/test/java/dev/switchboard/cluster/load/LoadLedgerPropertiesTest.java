package dev.switchboard.cluster.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.NodeWork;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class LoadLedgerPropertiesTest {
  /** Fewer than the ledger remembers of lost ones. */
  private static final int PROCESSES = 10;

  private static final int KINDS = 8;

  @Property(tries = 500)
  void whateverHappensNothingThatWasSaidIsLostAndNothingCountsTwice(
      @ForAll @Size(max = 400) List<@IntRange(min = 0, max = 100_000) Integer> steps) {
    LedgerWorld world = new LedgerWorld();
    for (int i = 0; i < PROCESSES; i++) {
      world.start("p" + i, "model-" + i % 3);
    }
    for (int step : steps) {
      int kind = step % KINDS;
      int rest = step / KINDS;
      switch (rest % 4) {
        case 0 -> world.takeOut(rest / 4, kind % 2 == 0);
        case 1 -> {
          if (kind % 2 == 0) {
            world.look();
          } else {
            world.sweep();
          }
        }
        default -> world.processes().get(rest / 4 % PROCESSES).step(kind);
      }
      assertThat(world.total()).isLessThanOrEqualTo(world.counted());
    }
    world.settle();
    assertThat(world.total()).isEqualTo(world.expected());
    assertThat(world.entriesLeft()).isLessThanOrEqualTo(PROCESSES);
  }

  /** Sums do not depend on the order in which processes leave, nor on how many leave at once. */
  @Property(tries = 200)
  void theOrderOfDeparturesCannotBeSeen(
      @ForAll @Size(max = 40) List<@IntRange(min = 0, max = 1000) Integer> counts,
      @ForAll long seed) {
    List<LeftLoad> gone = new ArrayList<>();
    for (int i = 0; i < counts.size(); i++) {
      gone.add(left("p" + i, "model-" + i % 3, counts.get(i)));
    }
    LeftLoads atOnce = LeftLoads.NONE.plus(gone);
    List<LeftLoad> shuffled = new ArrayList<>(gone);
    Collections.shuffle(shuffled, new Random(seed));
    LeftLoads single = LeftLoads.NONE;
    for (LeftLoad one : shuffled) {
      single = single.plus(List.of(one)).plus(List.of(one));
    }
    for (int model = 0; model < 3; model++) {
      assertThat(single.of("model-" + model)).isEqualTo(atOnce.of("model-" + model));
    }
  }

  @Example
  void memoryIsBoundedHoweverManyModelsAndProcessesComeAndGo() {
    LeftLoads sums = LeftLoads.NONE;
    long total = 0;
    for (int i = 0; i < 2000; i++) {
      sums = sums.plus(List.of(left("p" + i, "model-" + i / 10, i)));
      total += i;
      assertThat(sums.models()).hasSizeLessThanOrEqualTo(LeftLoads.MOST_MODELS + 1);
      assertThat(sums.settled()).hasSizeLessThanOrEqualTo(LeftLoads.MOST_SETTLED);
    }
    assertThat(sums.models().stream().mapToLong(model -> model.totals().tokensRouted()).sum())
        .isEqualTo(total);
    assertThat(sums.of("model-199").tokensRouted()).isEqualTo(1990 * 10 + 45);
    assertThat(sums.of(LoadBook.OTHER_MODELS).tokensRouted()).isPositive();
  }

  @Example
  void ofMoreLostProcessesThanAreRememberedTheEldestAreSummedUp() {
    LedgerWorld world = new LedgerWorld();
    for (int i = 0; i < 60; i++) {
      LedgerWorld.Process process = world.start("p" + i, "m");
      process.step(0);
      process.step(2);
      process.step(5);
      world.takeOut(0, true);
      world.look();
      world.sweep();
    }
    world.settle();
    assertThat(world.total()).isEqualTo(60).isEqualTo(world.expected());
    assertThat(world.entriesLeft()).isEqualTo(LoadLedger.MOST_LOST);
    assertThat(world.sums().of("m").tokensRouted()).isEqualTo(60 - LoadLedger.MOST_LOST);
  }

  private static LeftLoad left(String process, String model, long count) {
    LoadTotals totals =
        new LoadTotals(ExpertCounts.of(1, 1, new long[] {count}), count, 0, NodeWork.NONE);
    return new LeftLoad(process, model, true, totals);
  }
}
