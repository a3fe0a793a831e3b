package dev.switchboard.cluster.hazelcast;

/** Names of the entries in both maps. */
final class Keys {
  /** The placement in force. */
  static final String PLACEMENT = "placement";

  /** What has been said about experts. */
  static final String EXPERTS = "experts";

  /** What has been said about nodes, and decided about the placement. */
  static final String NODES = "nodes";

  private static final String LEFT = "left:";

  private Keys() {}

  static String node(String uuid) {
    return "node:" + uuid;
  }

  static String router(String uuid) {
    return "router:" + uuid;
  }

  /** Totals of a router that left cleanly. */
  static String left(String uuid) {
    return LEFT + uuid;
  }

  static boolean isLeft(String key) {
    return key.startsWith(LEFT);
  }
}
