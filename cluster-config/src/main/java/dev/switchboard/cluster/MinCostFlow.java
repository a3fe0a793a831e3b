package dev.switchboard.cluster;

import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The largest flow of least cost in a small network, by shortest augmenting paths. Edges are tried
 * in the order in which they were added, so the same network always gives the same flow.
 */
final class MinCostFlow {
  private static final int NONE = -1;

  private final int vertices;
  private final int[] firstEdge;
  private final int[] lastEdge;
  private int[] next = new int[64];
  private int[] to = new int[64];
  private int[] room = new int[64];
  private long[] cost = new long[64];
  private int edges;

  MinCostFlow(int vertices) {
    this.vertices = vertices;
    this.firstEdge = new int[vertices];
    this.lastEdge = new int[vertices];
    Arrays.fill(firstEdge, NONE);
    Arrays.fill(lastEdge, NONE);
  }

  /** Adds an edge of capacity 1 and returns its number. */
  int addEdge(int from, int target, long edgeCost) {
    int edge = edges;
    append(from, target, 1, edgeCost);
    append(target, from, 0, -edgeCost);
    return edge;
  }

  /** Whether the flow found by {@link #solve} uses an edge. */
  boolean used(int edge) {
    return room[edge] == 0;
  }

  void solve(int source, int sink) {
    int[] via = new int[vertices];
    while (findPath(source, sink, via)) {
      for (int vertex = sink; vertex != source; vertex = to[via[vertex] ^ 1]) {
        room[via[vertex]]--;
        room[via[vertex] ^ 1]++;
      }
    }
  }

  private void append(int from, int target, int capacity, long edgeCost) {
    if (edges == to.length) {
      int larger = edges * 2;
      next = Arrays.copyOf(next, larger);
      to = Arrays.copyOf(to, larger);
      room = Arrays.copyOf(room, larger);
      cost = Arrays.copyOf(cost, larger);
    }
    next[edges] = NONE;
    to[edges] = target;
    room[edges] = capacity;
    cost[edges] = edgeCost;
    if (firstEdge[from] == NONE) {
      firstEdge[from] = edges;
    } else {
      next[lastEdge[from]] = edges;
    }
    lastEdge[from] = edges++;
  }

  /** Cheapest path by relaxation from a queue: residual edges have negative costs. */
  private boolean findPath(int source, int sink, int[] via) {
    long[] distance = new long[vertices];
    boolean[] queued = new boolean[vertices];
    Arrays.fill(distance, Long.MAX_VALUE);
    distance[source] = 0;
    ArrayDeque<Integer> queue = new ArrayDeque<>();
    queue.add(source);
    while (!queue.isEmpty()) {
      int vertex = queue.poll();
      queued[vertex] = false;
      for (int edge = firstEdge[vertex]; edge != NONE; edge = next[edge]) {
        int target = to[edge];
        if (room[edge] > 0 && distance[vertex] + cost[edge] < distance[target]) {
          distance[target] = distance[vertex] + cost[edge];
          via[target] = edge;
          if (!queued[target]) {
            queued[target] = true;
            queue.add(target);
          }
        }
      }
    }
    return distance[sink] != Long.MAX_VALUE;
  }
}
