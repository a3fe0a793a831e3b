package dev.switchboard.cluster.load;

import dev.switchboard.cluster.ExpertCounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What was done lately, as one router has seen it.
 *
 * @param windows from the shortest to the longest
 * @param speeds of the nodes whose speed was measured, 1 for the middle one
 */
public record LoadPicture(List<Window> windows, Map<String, Double> speeds) {
  /** Nothing was seen. */
  public static final LoadPicture NOTHING = new LoadPicture(List.of(), Map.of());

  public LoadPicture {
    windows = List.copyOf(windows);
    speeds = Map.copyOf(speeds);
  }

  /**
   * What was done within some time.
   *
   * @param length as it is called
   * @param coveredNanos how long it really was: shorter while the router is young
   * @param tokensRouted passes of one token through the whole model
   * @param tokens tokens sent to each expert, {@code [layers, experts]}
   * @param nodes by id, of those that are there
   */
  public record Window(
      Duration length,
      long coveredNanos,
      long tokensRouted,
      ExpertCounts tokens,
      Map<String, NodeWindow> nodes) {
    public Window {
      nodes = Map.copyOf(nodes);
    }

    /** Most used experts of all layers, the first of them the most; without those nobody used. */
    public List<Hot> hottest(int most) {
      List<Hot> used = new ArrayList<>();
      for (int layer = 0; layer < tokens.layers(); layer++) {
        for (int expert = 0; expert < tokens.experts(); expert++) {
          if (tokens.get(layer, expert) > 0) {
            used.add(new Hot(layer, expert, tokens.get(layer, expert)));
          }
        }
      }
      used.sort(
          Comparator.comparingLong(Hot::tokens)
              .reversed()
              .thenComparingInt(Hot::layer)
              .thenComparingInt(Hot::expert));
      return List.copyOf(used.subList(0, Math.min(most, used.size())));
    }

    /** Share of a layer's calls that its most used expert had; 0 if it had none. */
    public double mostOfLayer(int layer) {
      long sum = 0;
      long most = 0;
      for (int expert = 0; expert < tokens.experts(); expert++) {
        sum += tokens.get(layer, expert);
        most = Math.max(most, tokens.get(layer, expert));
      }
      return sum == 0 ? 0 : (double) most / sum;
    }

    /** So many within the window, as a rate. */
    public double perSecond(long count) {
      return coveredNanos <= 0 ? 0 : count * 1e9 / coveredNanos;
    }
  }

  /**
   * What one node did.
   *
   * @param coveredNanos how long it was looked at
   */
  public record NodeWindow(
      long coveredNanos, long rows, long batches, long refusedBatches, long busyNanos) {
    /** Share of the time in which it computed. */
    public double busy() {
      return coveredNanos <= 0 ? 0 : Math.min(1, (double) busyNanos / coveredNanos);
    }

    /** Rows a second. */
    public double rowsPerSecond() {
      return coveredNanos <= 0 ? 0 : rows * 1e9 / coveredNanos;
    }
  }

  /**
   * A much used expert.
   *
   * @param layer its row of the counters
   */
  public record Hot(int layer, int expert, long tokens) {}
}
