package dev.switchboard.client.chaos;

import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.Interference;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What to do to a cluster.
 *
 * @param seed of the requests and of the faults
 * @param course how long, and how often
 * @param demand what is asked of it meanwhile
 * @param kinds of faults; all of them can be done here
 * @param cluster routers, nodes, replicas, model
 * @param around what the processes find around them
 */
public record ChaosPlan(
    long seed,
    Course course,
    Demand demand,
    List<FaultKind> kinds,
    ClusterSpec cluster,
    Around around) {
  /**
   * @param time for faults and requests, after the undisturbed run
   * @param faults the most; 0 for any number
   */
  public record Course(Duration time, int faults) {}

  /**
   * @param streams requests at the same time
   * @param degrade whether requests want an answer without an expert rather than none
   */
  public record Demand(int streams, boolean degrade) {}

  /**
   * @param sameHost how routers and nodes talk; by {@code tcp} their wires are disturbed too
   * @param settings of all processes, by the names of their environment variables
   */
  public record Around(String sameHost, Map<String, String> settings) {
    public Around {
      settings = Map.copyOf(settings);
    }
  }

  public ChaosPlan {
    kinds = List.copyOf(kinds);
    FaultKind.Means means = means(cluster, around.sameHost());
    for (FaultKind kind : kinds) {
      kind.impossible(means)
          .ifPresent(why -> {
            throw new IllegalArgumentException(kind.word() + " cannot be done here: " + why);
          });
    }
  }

  /** What there is to do faults with, in a cluster like this. */
  public static FaultKind.Means means(ClusterSpec cluster, String sameHost) {
    return new FaultKind.Means(
        sameHost.equals("tcp"),
        cluster.routers().count(),
        cluster.nodes(),
        Interference.possible());
  }

  boolean wires() {
    return around.sameHost().equals("tcp");
  }

  boolean interferes() {
    return kinds.stream().anyMatch(FaultKind::interferes);
  }
}
