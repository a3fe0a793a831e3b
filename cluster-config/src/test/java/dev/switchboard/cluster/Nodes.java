package dev.switchboard.cluster;

import java.util.Arrays;
import java.util.List;

/** Nodes for tests. */
public final class Nodes {
  public static final String MODEL = "model-a";

  private Nodes() {}

  public static NodeInfo node(String id) {
    return node(id, 0);
  }

  public static NodeInfo node(String id, int capacity) {
    return NodeInfo.joining(id, "127.0.0.1", 1, MODEL, capacity);
  }

  public static List<NodeInfo> nodes(String... ids) {
    return Arrays.stream(ids).map(Nodes::node).toList();
  }
}
