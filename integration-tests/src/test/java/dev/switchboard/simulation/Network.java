package dev.switchboard.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Between processes: how long messages take, and what becomes of them. A stream keeps its order, as
 * TCP does, unless the weather says otherwise: production never sees that, and stands it.
 */
final class Network {
  private static final long LEAST_NANOS = World.MILLI / 20;
  private static final long MOST_NANOS = World.MILLI;

  /** What may befall a message; so many of 1000. */
  record Weather(int lost, int doubled, int late, boolean unordered) {
    static final Weather FINE = new Weather(0, 0, 0, false);
  }

  /** One direction of a stream. */
  static final class Lane {
    private long last;
  }

  private record Held(SimProcess from, SimProcess to, Runnable arrives, Lane lane) {}

  private final World world;
  private final Set<String> cuts = new TreeSet<>();
  private final List<Held> held = new ArrayList<>();
  private Weather weather = Weather.FINE;

  Network(World world) {
    this.world = world;
  }

  void weather(Weather next) {
    weather = next;
  }

  /** Nothing passes from one to the other any more; nobody is told. */
  void cut(SimProcess from, SimProcess to) {
    cuts.add(from + ">" + to);
  }

  boolean isCut(SimProcess from, SimProcess to) {
    return cuts.contains(from + ">" + to);
  }

  /** Everything passes again; what was held up arrives late. */
  void heal() {
    cuts.clear();
    List<Held> now = List.copyOf(held);
    held.clear();
    now.forEach(each -> send(each.from(), each.to(), each.arrives(), each.lane()));
  }

  void send(SimProcess from, SimProcess to, Runnable arrives, Lane lane) {
    if (isCut(from, to)) {
      held.add(new Held(from, to, arrives, lane));
      return;
    }
    int fate = world.random().nextInt(1000);
    if (fate < weather.lost()) {
      world.note(() -> "lost: a message from " + from + " to " + to);
      return;
    }
    boolean late = fate < weather.lost() + weather.late();
    long at = world.now() + world.between(LEAST_NANOS, MOST_NANOS) + (late ? lateness() : 0);
    if (!weather.unordered()) {
      at = Math.max(at, lane.last + 1);
      lane.last = at;
    }
    to.after(at - world.now(), arrives);
    if (world.random().nextInt(1000) < weather.doubled()) {
      to.after(at - world.now() + world.between(1, 5 * World.MILLI), arrives);
    }
  }

  private long lateness() {
    return world.between(World.MILLI, 400 * World.MILLI);
  }
}
