package dev.switchboard.router.health;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Which nodes are not asked for a while: those whose answers had to be given up on again and again.
 * Each such answer counts one, each one in time takes a tenth back; at three a node is out, for a
 * second, the next time for two, up to half a minute. Then one batch is sent to try it. Never more
 * than half of the nodes are out; that the last replica of an expert is asked in spite of all is
 * the reader's care, who prefers those that are in.
 */
final class Outliers {
  private static final double LIMIT = 3;
  private static final double FORGIVEN = 0.1;
  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(30);

  private enum State {
    IN,
    OUT,
    /** A batch is on its way to see whether it is well. */
    TRIED
  }

  private static final class Node {
    private State state = State.IN;
    private double score;
    private long untilNanos;
    private long nextNanos = FIRST_NANOS;
  }

  private final Map<Integer, Node> nodes = new HashMap<>();
  private Set<Integer> present = Set.of();
  private long ejections;

  /** The nodes that there are now; others are forgotten. */
  void keepOnly(Set<Integer> now) {
    present = new HashSet<>(now);
    nodes.keySet().retainAll(now);
  }

  private Node node(int number) {
    return nodes.computeIfAbsent(number, n -> new Node());
  }

  /** A batch goes to the node. */
  void sent(int number, long now) {
    Node node = nodes.get(number);
    if (node != null && node.state == State.OUT && node.untilNanos - now <= 0) {
      node.state = State.TRIED;
    }
  }

  /** It answered while that was still wanted. Returns whether it is in again. */
  boolean answered(int number) {
    Node node = nodes.get(number);
    if (node == null) {
      return false;
    }
    if (node.state == State.TRIED) {
      node.state = State.IN;
      // It has to show more than one answer.
      node.score = LIMIT - 1;
      return true;
    }
    node.score = Math.max(0, node.score - FORGIVEN);
    if (node.score == 0 && node.state == State.IN) {
      node.nextNanos = FIRST_NANOS;
    }
    return false;
  }

  /** Nothing will come of what was sent: if that was to try it, the next batch does. */
  void unjudged(int number, long now) {
    Node node = nodes.get(number);
    if (node != null && node.state == State.TRIED) {
      node.state = State.OUT;
      node.untilNanos = now;
    }
  }

  /** An answer did not come when it should have, or the way to the node broke. */
  void slow(int number, long now) {
    Node node = node(number);
    node.score = Math.min(LIMIT, node.score + 1);
    if (node.state == State.TRIED || (node.state == State.IN && node.score >= LIMIT && room())) {
      node.state = State.OUT;
      node.untilNanos = now + node.nextNanos;
      node.nextNanos = Math.min(2 * node.nextNanos, LAST_NANOS);
      ejections++;
    }
  }

  private boolean room() {
    return present.size() >= 2 && 2 * (outNow() + 1) <= present.size();
  }

  private long outNow() {
    return nodes.values().stream().filter(node -> node.state != State.IN).count();
  }

  /** Whether the node is better not asked, where another can be. */
  boolean out(int number, long now) {
    Node node = nodes.get(number);
    return node != null
        && switch (node.state) {
          case IN -> false;
          case OUT -> node.untilNanos - now > 0;
          case TRIED -> true;
        };
  }

  /** How often a node was put out. */
  long ejections() {
    return ejections;
  }

  /** How many are out, or tried. */
  long ejected() {
    return outNow();
  }
}
