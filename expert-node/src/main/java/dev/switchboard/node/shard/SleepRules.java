package dev.switchboard.node.shard;

import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.HeldExperts.Held;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Which experts are to sleep: a pure look at when each was last asked. Those that have not been
 * asked for a while; and where more are awake than shall be in memory, those that were not for
 * longest, but none that was asked just now.
 *
 * @param afterNanos how long one may not have been asked; 0: for ever
 * @param mostAwake units (each over all layers) that may be awake; 0: any number
 */
public record SleepRules(long afterNanos, int mostAwake) {
  private static final long JUST_NOW_NANOS = Duration.ofSeconds(1).toNanos();

  /** Nobody sleeps. */
  public static final SleepRules NONE = new SleepRules(0, 0);

  /** Whether anybody will ever sleep. */
  public boolean any() {
    return afterNanos > 0 || mostAwake > 0;
  }

  /** An expert, and when it was last asked: that changes while one looks. */
  private record Seen(Held expert, long unusedNanos) {}

  /** Those of the experts held that are awake and are to sleep, the longest unused first. */
  public List<Held> choose(HeldExperts held, long nowNanos) {
    List<Seen> awake =
        held.byUnit().values().stream()
            .flatMap(Collection::stream)
            .filter(expert -> expert.slumber().canSleep() && !expert.slumber().asleep())
            .map(expert -> new Seen(expert, nowNanos - expert.slumber().usedNanos()))
            .sorted(Comparator.comparingLong(Seen::unusedNanos).reversed())
            .toList();
    long tooMany = mostAwake == 0 ? 0 : awake.size() - mostAwake(held);
    List<Held> chosen = new ArrayList<>();
    for (Seen seen : awake) {
      boolean forLong = afterNanos > 0 && seen.unusedNanos() >= afterNanos;
      boolean coldest = chosen.size() < tooMany && seen.unusedNanos() >= JUST_NOW_NANOS;
      if (forLong || coldest) {
        chosen.add(seen.expert());
      }
    }
    return chosen;
  }

  /** Experts of single layers that may be awake. */
  private long mostAwake(HeldExperts held) {
    int layers = held.byUnit().values().stream().mapToInt(List::size).max().orElse(0);
    return (long) mostAwake * layers;
  }

  /** How often to look. */
  public Duration every() {
    long often = afterNanos == 0 ? JUST_NOW_NANOS : Math.min(JUST_NOW_NANOS, afterNanos / 4);
    return Duration.ofNanos(Math.max(1_000_000, often));
  }

  /** Puts those to sleep that are to; returns how many. */
  public int apply(HeldExperts held, long nowNanos) {
    List<Held> chosen = choose(held, nowNanos);
    chosen.forEach(expert -> expert.slumber().sleep(nowNanos));
    return chosen.size();
  }
}
