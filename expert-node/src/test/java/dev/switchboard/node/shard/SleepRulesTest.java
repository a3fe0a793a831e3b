package dev.switchboard.node.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.node.TinyShard;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.node.runtime.Slumber;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SleepRulesTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final long NOW = Long.MAX_VALUE - 5;

  private final List<String> rested = new ArrayList<>();
  private HeldExperts loaded;

  @BeforeEach
  void load(@TempDir Path folder) {
    loaded = TinyShard.ffn(folder).holding(0, 1, 2, 3);
  }

  /** Pages of nobody: what happens to them is written down. */
  private record Pages(String name, long bytes, List<String> rested) implements Slumber.Weights {
    @Override
    public void rest() {
      rested.add(name);
    }

    @Override
    public void rouse() {}
  }

  /** All four units of two layers, last used so many seconds ago; unit 3 lies in memory alone. */
  private HeldExperts used(int... secondsAgo) {
    Map<Integer, List<Held>> units = new TreeMap<>();
    loaded
        .byUnit()
        .forEach((unit, experts) ->
            units.put(unit, experts.stream().map(held -> used(held, secondsAgo[unit])).toList()));
    return new HeldExperts(loaded.model(), loaded.epoch(), units);
  }

  private Held used(Held held, int secondsAgo) {
    Pages pages = new Pages(held.layer() + "/" + held.index(), held.index() == 3 ? 0 : 100, rested);
    return new Held(
        held.layer(),
        held.index(),
        held.expert(),
        held.counters(),
        held.fingerprint(),
        Slumber.over(pages, NOW - secondsAgo * SECOND));
  }

  @Test
  void whoWasNotAskedForLongSleeps() {
    HeldExperts held = used(5, 60, 61, 100);
    SleepRules rules = new SleepRules(60 * SECOND, 0);
    assertThat(rules.apply(held, NOW)).isEqualTo(4);
    assertThat(rested).containsExactly("0/2", "1/2", "0/1", "1/1");
    assertThat(held.asleep()).isEqualTo(4);
    assertThat(held.asleepBytes()).isEqualTo(400);
    assertThat(held.experts()).isEqualTo(8);
    assertThat(rules.apply(held, NOW)).as("once").isZero();
  }

  @Test
  void ofMoreThanFitIntoMemoryTheColdestSleep() {
    HeldExperts held = used(5, 3, 4, 100);
    assertThat(new SleepRules(0, 2).apply(held, NOW)).isEqualTo(2);
    assertThat(rested).containsExactly("0/0", "1/0");
  }

  @Test
  void noneSleepsThatWasAskedJustNow() {
    HeldExperts held = used(0, 0, 7, 0);
    assertThat(new SleepRules(0, 1).apply(held, NOW)).isEqualTo(2);
    assertThat(rested).containsExactly("0/2", "1/2");
  }

  @Test
  void byDefaultNobodySleeps() {
    assertThat(SleepRules.NONE.any()).isFalse();
    assertThat(SleepRules.NONE.choose(used(10_000, 10_000, 10_000, 10_000), NOW)).isEmpty();
  }

  @Test
  void whoIsAskedMeanwhileStaysAwake() {
    HeldExperts held = used(100, 100, 100, 100);
    Slumber slumber = held.find(0, 0).orElseThrow().slumber();
    slumber.sleep(NOW - 200 * SECOND);
    assertThat(slumber.asleep()).isFalse();
    assertThat(rested).isEmpty();
  }

  @Test
  void itLooksOftenEnough() {
    assertThat(new SleepRules(100 * SECOND, 0).every()).isEqualTo(Duration.ofSeconds(1));
    assertThat(new SleepRules(SECOND, 0).every()).isEqualTo(Duration.ofMillis(250));
    assertThat(new SleepRules(0, 3).every()).isEqualTo(Duration.ofSeconds(1));
  }
}
