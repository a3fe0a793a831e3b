package dev.switchboard.node.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Admission: first in, first out, and never more than {@code bound} waiting. Not thread-safe;
 * {@link ComputeLoop} guards it.
 */
final class WorkQueue {
  private final int bound;
  private final ArrayDeque<Work> waiting = new ArrayDeque<>();
  private boolean closed;
  private long tokens;

  WorkQueue(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("a queue of " + bound + " batches: must be at least 1");
    }
    this.bound = bound;
  }

  /** Takes the work, unless the queue is full or closed. */
  boolean offer(Work work) {
    if (closed || waiting.size() >= bound) {
      return false;
    }
    tokens += work.tokens();
    return waiting.add(work);
  }

  /** Everything that waits, oldest first: what may be computed together. */
  List<Work> takeAll() {
    List<Work> all = new ArrayList<>(waiting);
    waiting.clear();
    tokens = 0;
    return all;
  }

  /** Takes nothing from now on. */
  void close() {
    closed = true;
  }

  boolean closed() {
    return closed;
  }

  int size() {
    return waiting.size();
  }

  /** Of all batches that wait. */
  long tokens() {
    return tokens;
  }
}
