package dev.switchboard.router.dispatch;

import dev.switchboard.router.dispatch.DispatchRound.Send;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Nodes and wires in one thread: a clock, a queue of what will happen, and seeded faults. */
final class SimulatedNodes {
  private static final long MILLI = 1_000_000;

  /** What a message comes to. */
  record Happening(long at, long id, int node, boolean broken, boolean refused) {}

  private static final class Node {
    private final BitSet held = new BitSet();
    private long hungUntil;
    private long slowUntil;
    private long refusesUntil;
    private final List<Happening> under = new ArrayList<>();
  }

  private final Random random;
  private final TreeMap<Integer, Node> nodes = new TreeMap<>();
  private final PriorityQueue<Happening> queue =
      new PriorityQueue<>(Comparator.comparingLong(Happening::at).thenComparingLong(Happening::id));
  private final Map<Long, BitSet> comesBack = new HashMap<>();
  private final BitSet touched = new BitSet();
  private final int experts;
  private long now = 1_000 * MILLI;
  private int nextNode;
  private boolean faults = true;

  SimulatedNodes(Random random, int count, int experts, int replicas) {
    this.random = random;
    this.experts = experts;
    for (int i = 0; i < count; i++) {
      nodes.put(nextNode++, new Node());
    }
    for (int expert = 0; expert < experts; expert++) {
      for (int replica = 0; replica < replicas; replica++) {
        nodes.get((expert + replica) % count).held.set(expert);
      }
    }
  }

  long now() {
    return now;
  }

  int experts() {
    return experts;
  }

  void calm() {
    faults = false;
    touched.clear();
    nodes
        .values()
        .forEach(node -> {
          node.hungUntil = now;
          node.slowUntil = now;
          node.refusesUntil = now;
        });
  }

  Set<Integer> present() {
    return Set.copyOf(nodes.keySet());
  }

  boolean holds(int node, int expert) {
    Node found = nodes.get(node);
    return found == null || found.held.get(expert);
  }

  int[] holders(int expert) {
    return nodes.entrySet().stream()
        .filter(node -> node.getValue().held.get(expert))
        .mapToInt(Map.Entry::getKey)
        .toArray();
  }

  /** Whether a node that has the expert has had no fault in this call. */
  boolean untouched(int expert) {
    for (int node : holders(expert)) {
      if (!touched.get(node)) {
        return true;
      }
    }
    return false;
  }

  long outstanding(int node) {
    Node found = nodes.get(node);
    return found == null ? 0 : found.under.size();
  }

  /** A message goes to its node; what comes of it is in the queue. */
  Sent<SimulatedCall> sent(SimulatedCall call, Send send, Sent.Times times) {
    int number = send.batch().node();
    int rows = send.batch().outputRows();
    Node node = nodes.get(number);
    if (node == null) {
      queue.add(new Happening(now + 1, send.id(), number, true, false));
    } else {
      long service = (1 + random.nextInt(3)) * MILLI * (now < node.slowUntil ? 30 : 1);
      long at = Math.max(now, node.hungUntil) + service;
      Happening answer = new Happening(at, send.id(), number, false, now < node.refusesUntil);
      node.under.add(answer);
      queue.add(answer);
    }
    return new Sent<>(call, null, rows, false, times);
  }

  /** The next that happens until then, or null; the clock moves there. */
  @Nullable Happening next(long until) {
    disturb();
    Happening next = queue.peek();
    if (next == null || next.at() > until) {
      now = Math.max(now, until);
      return null;
    }
    queue.remove();
    now = Math.max(now, next.at());
    Node node = nodes.get(next.node());
    if (node != null) {
      node.under.remove(next);
    }
    return next;
  }

  /** Between two calls; what was touched before is forgotten. */
  void rest(long nanos) {
    now += nanos;
    touched.clear();
    nodes.forEach((number, node) -> {
      if (node.hungUntil > now || node.slowUntil > now || node.refusesUntil > now) {
        touched.set(number);
      }
    });
  }

  private void disturb() {
    comesBack
        .entrySet()
        .removeIf(entry -> {
          boolean due = entry.getKey() <= now || !faults;
          if (due) {
            Node node = new Node();
            node.held.or(entry.getValue());
            touched.set(nextNode);
            nodes.put(nextNode++, node);
          }
          return due;
        });
    if (!faults || nodes.isEmpty() || random.nextInt(40) > 0) {
      return;
    }
    List<Integer> numbers = List.copyOf(nodes.keySet());
    int number = numbers.get(random.nextInt(numbers.size()));
    Node node = nodes.get(number);
    touched.set(number);
    long lasts = random.nextInt(3000) * MILLI;
    switch (random.nextInt(4)) {
      case 0 -> node.hungUntil = now + lasts;
      case 1 -> node.slowUntil = now + lasts;
      case 2 -> node.refusesUntil = now + lasts;
      default -> kill(number, lasts);
    }
  }

  private void kill(int number, long lasts) {
    Node node = nodes.remove(number);
    for (Happening answer : node.under) {
      queue.remove(answer);
      queue.add(new Happening(now + 1, answer.id(), number, true, false));
    }
    long at = now + lasts;
    while (comesBack.containsKey(at)) {
      at++;
    }
    comesBack.put(at, node.held);
  }
}
