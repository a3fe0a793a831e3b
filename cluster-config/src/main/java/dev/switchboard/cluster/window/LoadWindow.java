package dev.switchboard.cluster.window;

import java.util.Arrays;
import java.util.Map;

/** What was done lately, from the counters of every router, which only grow. */
public final class LoadWindow {
  private final Growth growth = new Growth();
  private final Samples samples;
  private long[] known = {};

  /**
   * @param lengthNanos how far back it reaches, about
   */
  public LoadWindow(long lengthNanos) {
    this.samples = new Samples(lengthNanos);
  }

  /**
   * Takes a look at the counters.
   *
   * @param totals of each live router since its start, by item; kept, not to be changed
   */
  public void look(long nowNanos, Map<String, long[]> totals) {
    growth.look(totals);
    samples.look(nowNanos, growth.counted());
    long[] lately = samples.since(growth.counted());
    if (Arrays.stream(lately).sum() > 0) {
      known = lately;
    }
  }

  /**
   * What was counted within the window, by item; where that is nothing, what was counted in the
   * last one in which there was something.
   */
  public long[] lately() {
    return known.clone();
  }
}
