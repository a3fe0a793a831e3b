package dev.switchboard.cluster.load;

import dev.switchboard.cluster.ServiceTimes;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * How fast nodes compute, relative to each other, from what they measured: 1 is the middle one. A
 * node's time is compared with what the others take for calls of the same size.
 *
 * <p>Experts are moved by it, so it does not follow every breath: nodes count as equally fast until
 * one has differed by a quarter from what is believed of it for some time, and then all are
 * believed what was measured. A node that nothing is known of is as fast as the middle one.
 */
public final class NodeSpeeds {
  /** By so much a node must differ from what is believed of it. */
  private static final double BAND = 1.25;

  /** For so long. */
  private static final Duration HOLD = Duration.ofSeconds(15);

  /** No node is believed to be faster or slower than that. */
  private static final double MOST = 16;

  /** Of measured time, before anything is concluded. */
  private static final long LEAST_NANOS = Duration.ofMillis(100).toNanos();

  private final Map<String, Long> differsSince = new HashMap<>();
  private Map<String, Double> believed = Map.of();

  /**
   * Takes a look at what was measured.
   *
   * @param lately what each live node's experts have taken within some time, by node
   * @return speeds of those whose speed is known
   */
  public Map<String, Double> look(long nowNanos, Map<String, ServiceTimes> lately) {
    Map<String, Double> measured = measure(lately);
    differsSince.keySet().retainAll(measured.keySet());
    boolean change = false;
    for (Map.Entry<String, Double> node : measured.entrySet()) {
      double ratio = node.getValue() / believed.getOrDefault(node.getKey(), 1.0);
      if (ratio < BAND && ratio > 1 / BAND) {
        differsSince.remove(node.getKey());
      } else {
        long since = differsSince.computeIfAbsent(node.getKey(), id -> nowNanos);
        change |= nowNanos - since >= HOLD.toNanos();
      }
    }
    Map<String, Double> next = new TreeMap<>(believed);
    next.keySet().retainAll(lately.keySet());
    if (change) {
      next.putAll(measured);
      differsSince.clear();
    }
    believed = next;
    return centred(next);
  }

  /** Those who are left when others go: the middle one is 1 again. */
  private static Map<String, Double> centred(Map<String, Double> speeds) {
    double middle = middle(speeds.values().stream().mapToDouble(speed -> speed).toArray());
    Map<String, Double> centred = new TreeMap<>();
    speeds.forEach((node, speed) -> centred.put(node, Math.clamp(speed / middle, 1 / MOST, MOST)));
    return centred;
  }

  /**
   * Speeds of the nodes of which enough is known, 1 for the middle one; in steps of an eighth of a
   * doubling, so that routers that saw a little more or less say the same.
   */
  static Map<String, Double> measure(Map<String, ServiceTimes> lately) {
    double[] usual = usual(lately);
    Map<String, Double> raw = new TreeMap<>();
    lately.forEach((node, times) -> {
      double took = 0;
      double expected = 0;
      for (int c = 0; c < ServiceTimes.CLASSES; c++) {
        if (usual[c] > 0 && times.work(c) > 0) {
          took += times.nanos(c);
          expected += times.work(c) / usual[c];
        }
      }
      if (took >= LEAST_NANOS && expected > 0) {
        raw.put(node, expected / took);
      }
    });
    double middle = middle(raw.values().stream().mapToDouble(speed -> speed).toArray());
    Map<String, Double> measured = new TreeMap<>();
    raw.forEach((node, speed) -> measured.put(node, rounded(speed / middle)));
    return measured;
  }

  private static double rounded(double speed) {
    double eighths = Math.rint(8 * Math.log(speed) / Math.log(2));
    return Math.clamp(Math.pow(2, eighths / 8), 1 / MOST, MOST);
  }

  /** Work by time of the middle node, by class of calls; 0 where fewer than two nodes had any. */
  private static double[] usual(Map<String, ServiceTimes> lately) {
    double[] usual = new double[ServiceTimes.CLASSES];
    for (int c = 0; c < usual.length; c++) {
      int callClass = c;
      double[] rates =
          lately.values().stream()
              .filter(times -> times.nanos(callClass) > 0 && times.work(callClass) > 0)
              .mapToDouble(times -> (double) times.work(callClass) / times.nanos(callClass))
              .toArray();
      usual[c] = rates.length < 2 ? 0 : middle(rates);
    }
    return usual;
  }

  /** The middle one; of two middle ones their geometric mean; 1 of none. */
  private static double middle(double[] values) {
    if (values.length == 0) {
      return 1;
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : Math.sqrt(sorted[half - 1] * sorted[half]);
  }
}
