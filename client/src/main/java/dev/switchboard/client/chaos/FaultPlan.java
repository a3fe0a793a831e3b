package dev.switchboard.client.chaos;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/** Which fault comes next: each kind once, in a random order, then each once more, and so on. */
final class FaultPlan {
  private static final int LEAST_QUIET_MILLIS = 300;
  private static final int MOST_QUIET_MILLIS = 1500;
  private static final int LEAST_LASTING_MILLIS = 1500;
  private static final int MOST_LASTING_MILLIS = 4000;

  private final Random random;
  private final List<FaultKind> kinds;
  private final FaultKind.Means means;
  private final Deque<FaultKind> next = new ArrayDeque<>();

  /**
   * @param kinds to choose from; all can be done
   */
  FaultPlan(long seed, List<FaultKind> kinds, FaultKind.Means means) {
    this.random = new Random(seed);
    this.kinds = List.copyOf(kinds);
    this.means = means;
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException("no kind of fault is left");
    }
  }

  Fault next() {
    if (next.isEmpty()) {
      List<FaultKind> round = new ArrayList<>(kinds);
      Collections.shuffle(round, random);
      next.addAll(round);
    }
    FaultKind kind = next.remove();
    return new Fault(
        kind,
        random.nextInt(kind.victims(means)),
        between(LEAST_QUIET_MILLIS, MOST_QUIET_MILLIS),
        between(LEAST_LASTING_MILLIS, MOST_LASTING_MILLIS),
        random.nextLong());
  }

  private Duration between(int leastMillis, int mostMillis) {
    return Duration.ofMillis(leastMillis + random.nextInt(mostMillis - leastMillis + 1));
  }
}
