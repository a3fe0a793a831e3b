package dev.switchboard.router.health;

import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Which nodes are not asked for a while: those whose answers had to be given up on again and again,
 * and newcomers until they have shown that they are as quick as others. An answer that is given up
 * on counts one, each one in time takes a tenth back; at three a node is out, for a second, the
 * next time for two, up to half a minute. Then, as a newcomer from the beginning, it is tried with
 * copies of what others are asked, one at a time, for which nobody waits; some good answers let it
 * in. Never more than half of the nodes are out; that the last replica of an expert is asked in
 * spite of all is the reader's care, who prefers those that are in.
 */
final class Outliers {
  private static final int[] NOBODY = {};
  private static final double LIMIT = 3;
  private static final double FORGIVEN = 0.1;
  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Good answers in a row that end a time out. */
  private static final int GOOD_AGAIN = 3;

  /** Those that let a newcomer in: its code has run often enough to be compiled then. */
  private static final int GOOD_AT_FIRST = 16;

  /** After so many answers, whatever they were, a newcomer is a node like others. */
  private static final int MOST_AT_FIRST = 64;

  private enum State {
    NEW,
    IN,
    OUT
  }

  private static final class Node {
    private State state;
    private double score;
    private long untilNanos;
    private long nextNanos = FIRST_NANOS;
    private int good;
    private int answers;
    private boolean tried;

    Node(State state) {
      this.state = state;
    }

    boolean due(long now) {
      return state == State.NEW || (state == State.OUT && untilNanos - now <= 0);
    }
  }

  private final TreeMap<Integer, Node> nodes = new TreeMap<>();
  private int notIn;
  private long ejections;

  /**
   * The nodes that there are now; others are forgotten. Who comes to others is new; where nobody
   * was before, all are as good as any.
   */
  void keepOnly(Set<Integer> now) {
    nodes.keySet().retainAll(now);
    State newcomers = nodes.isEmpty() ? State.IN : State.NEW;
    now.forEach(number -> nodes.computeIfAbsent(number, n -> new Node(newcomers)));
    count();
  }

  private void count() {
    notIn = (int) nodes.values().stream().filter(node -> node.state != State.IN).count();
  }

  /** Nodes that a copy may be sent to, to see whether they are well. */
  int[] toTry(long now) {
    if (notIn == 0) {
      return NOBODY;
    }
    return nodes.entrySet().stream()
        .filter(node -> node.getValue().due(now) && !node.getValue().tried)
        .mapToInt(node -> node.getKey())
        .toArray();
  }

  /** A copy goes to the node. */
  void trial(int number) {
    Node node = nodes.get(number);
    if (node != null) {
      node.tried = true;
    }
  }

  /** What became of the copy is known. Returns whether the node is in again. */
  boolean trialOver(int number, boolean inTime, long now) {
    Node node = nodes.get(number);
    if (node == null) {
      return false;
    }
    node.tried = false;
    return inTime ? good(node, now) : aged(node);
  }

  /** It answered while that was still wanted. Returns whether it is in again. */
  boolean answered(int number, long now) {
    Node node = nodes.get(number);
    if (node == null) {
      return false;
    }
    if (node.state != State.IN) {
      return good(node, now);
    }
    node.score = Math.max(0, node.score - FORGIVEN);
    if (node.score == 0) {
      node.nextNanos = FIRST_NANOS;
    }
    return false;
  }

  private boolean good(Node node, long now) {
    if (!node.due(now)) {
      return false;
    }
    node.good++;
    if (node.good < (node.state == State.NEW ? GOOD_AT_FIRST : GOOD_AGAIN)) {
      return aged(node);
    }
    // Who was out has to show more than that.
    return in(node, node.state == State.NEW ? 0 : LIMIT - 1);
  }

  /** One more answer of a newcomer: sometime it is none any more. */
  private boolean aged(Node node) {
    node.answers++;
    return node.state == State.NEW && node.answers >= MOST_AT_FIRST && in(node, 0);
  }

  private boolean in(Node node, double score) {
    node.state = State.IN;
    node.score = score;
    count();
    return true;
  }

  /** An answer did not come when it should have, or the way to the node broke. */
  void slow(int number, long now) {
    Node node = nodes.get(number);
    if (node == null) {
      return;
    }
    node.good = 0;
    switch (node.state) {
      case NEW -> {}
      case IN -> {
        node.score = Math.min(LIMIT, node.score + 1);
        if (node.score >= LIMIT && room()) {
          putOut(node, now);
        }
      }
      case OUT -> {
        if (node.due(now)) {
          putOut(node, now);
        }
      }
    }
  }

  private void putOut(Node node, long now) {
    node.state = State.OUT;
    node.untilNanos = now + node.nextNanos;
    node.nextNanos = Math.min(2 * node.nextNanos, LAST_NANOS);
    ejections++;
    count();
  }

  private boolean room() {
    return nodes.size() >= 2 && 2 * (ejected() + 1) <= nodes.size();
  }

  /** Whether the node is better not asked, where another can be. */
  boolean out(int number) {
    return notIn > 0 && state(number) != State.IN;
  }

  /** Whether it is out and its time is not over yet. */
  boolean resting(int number, long now) {
    Node node = notIn == 0 ? null : nodes.get(number);
    return node != null && node.state == State.OUT && !node.due(now);
  }

  private State state(int number) {
    Node node = nodes.get(number);
    return node == null ? State.IN : node.state;
  }

  /** How often a node was put out. */
  long ejections() {
    return ejections;
  }

  /** How many are out. */
  long ejected() {
    return nodes.values().stream().filter(node -> node.state == State.OUT).count();
  }
}
