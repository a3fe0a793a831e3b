package dev.switchboard.cluster.load;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.NodeWork;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.cluster.load.LoadPicture.NodeWindow;
import dev.switchboard.cluster.load.LoadPicture.Window;
import dev.switchboard.cluster.window.Growth;
import dev.switchboard.cluster.window.Samples;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks at the books again and again, and knows what was done in the last second, ten seconds and
 * minute. What it keeps is bounded by the members there are and the experts of the model. For
 * several threads.
 */
public final class LoadWatch {
  /** What windows there are. */
  public static final List<Duration> LENGTHS =
      List.of(Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofSeconds(60));

  private static final int LONGEST = LENGTHS.size() - 1;

  /** Of a node's counters, before the service times. */
  private static final int WORK = 4;

  private static final Duration SPEEDS_EVERY = Duration.ofSeconds(1);

  private final Growth growth = new Growth();
  private final List<Samples> tokens = samples();
  private final Map<String, NodeRow> nodes = new HashMap<>();
  private final NodeSpeeds nodeSpeeds = new NodeSpeeds();
  private int layers;
  private int experts;
  private boolean looked;
  private long speedsAtNanos;
  private Map<String, Double> speeds = Map.of();

  private static final class NodeRow {
    final List<Samples> samples = samples();
    long[] counted = {};
  }

  private static List<Samples> samples() {
    return LENGTHS.stream().map(length -> new Samples(length.toNanos())).toList();
  }

  /**
   * Takes a look.
   *
   * @param book of the model that is watched
   */
  public synchronized void look(long nowNanos, LoadBook book) {
    lookAtRouters(nowNanos, book);
    nodes.keySet().retainAll(book.nodes().keySet());
    book.nodes()
        .forEach((id, load) -> {
          NodeRow row = nodes.computeIfAbsent(id, node -> new NodeRow());
          row.counted = counted(load);
          row.samples.forEach(samples -> samples.look(nowNanos, row.counted));
        });
    if (!looked || nowNanos - speedsAtNanos >= SPEEDS_EVERY.toNanos()) {
      looked = true;
      speedsAtNanos = nowNanos;
      speeds = nodeSpeeds.look(nowNanos, serviceLately());
    }
  }

  /** Speeds of nodes that were measured, 1 for the middle one. */
  public synchronized Map<String, Double> speeds() {
    return Map.copyOf(speeds);
  }

  /** What was done lately. */
  public synchronized LoadPicture picture(long nowNanos) {
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < LENGTHS.size(); i++) {
      windows.add(window(nowNanos, i));
    }
    return new LoadPicture(windows, speeds);
  }

  /** Of every router one row: passes, then its tokens, in the shape of the largest. */
  private void lookAtRouters(long nowNanos, LoadBook book) {
    int wasExperts = experts;
    int wasLayers = layers;
    for (RouterLoad load : book.routers().values()) {
      layers = Math.max(layers, load.tokens().layers());
      experts = Math.max(experts, load.tokens().experts());
    }
    if (wasLayers > 0 && (wasExperts != experts || wasLayers != layers)) {
      // Experts were added: places move. What was counted until now is as good as long ago.
      restart();
    }
    Map<String, long[]> rows = new HashMap<>();
    book.routers().forEach((id, load) -> rows.put(id, row(load)));
    growth.look(rows);
    tokens.forEach(samples -> samples.look(nowNanos, growth.counted()));
  }

  private void restart() {
    growth.forget();
    tokens.forEach(Samples::forget);
  }

  private long[] row(RouterLoad load) {
    long[] row = new long[1 + layers * experts];
    row[0] = load.tokensRouted();
    ExpertCounts counts = load.tokens();
    for (int layer = 0; layer < counts.layers(); layer++) {
      for (int expert = 0; expert < counts.experts(); expert++) {
        row[1 + layer * experts + expert] = counts.get(layer, expert);
      }
    }
    return row;
  }

  private static long[] counted(NodeLoad load) {
    NodeWork done = load.done();
    long[] counted = new long[WORK + 2 * ServiceTimes.CLASSES];
    counted[0] = done.rows();
    counted[1] = done.batches();
    counted[2] = done.refusedBatches();
    counted[3] = done.busyNanos();
    for (int i = 0; i < ServiceTimes.CLASSES; i++) {
      counted[WORK + i] = done.service().work(i);
      counted[WORK + ServiceTimes.CLASSES + i] = done.service().nanos(i);
    }
    return counted;
  }

  private Map<String, ServiceTimes> serviceLately() {
    Map<String, ServiceTimes> lately = new HashMap<>();
    nodes.forEach((id, row) -> {
      long[] since = row.samples.get(LONGEST).since(row.counted);
      long[] work = new long[ServiceTimes.CLASSES];
      long[] nanos = new long[ServiceTimes.CLASSES];
      System.arraycopy(since, WORK, work, 0, work.length);
      System.arraycopy(since, WORK + work.length, nanos, 0, nanos.length);
      lately.put(id, ServiceTimes.of(work, nanos));
    });
    return lately;
  }

  private Window window(long nowNanos, int index) {
    Samples samples = tokens.get(index);
    long[] since = samples.since(growth.counted());
    Map<String, NodeWindow> byNode = new HashMap<>();
    nodes.forEach((id, row) -> {
      long[] done = row.samples.get(index).since(row.counted);
      long covered = row.samples.get(index).coveredNanos(nowNanos);
      byNode.put(id, new NodeWindow(covered, done[0], done[1], done[2], done[3]));
    });
    boolean any = since.length > 0;
    long[] calls = new long[any ? layers * experts : 0];
    System.arraycopy(since, any ? 1 : 0, calls, 0, calls.length);
    return new Window(
        LENGTHS.get(index),
        samples.coveredNanos(nowNanos),
        any ? since[0] : 0,
        ExpertCounts.of(any ? layers : 0, any ? experts : 0, calls),
        byNode);
  }
}
