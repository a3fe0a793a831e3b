package dev.switchboard.cluster.hazelcast;

import java.util.List;
import java.util.Optional;

/** Names of the entries in both maps. */
final class Keys {
  /** The placement in force. */
  static final String PLACEMENT = "placement";

  /** What has been said about experts. */
  static final String EXPERTS = "experts";

  /** What has been said about nodes, and decided about the placement. */
  static final String NODES = "nodes";

  /** Sums of what those have counted that left. */
  static final String LEFT_SUMS = "left";

  private static final String NODE = "node:";
  private static final String ROUTER = "router:";
  private static final String USES = "uses:";
  private static final String LEFT = "left:";

  private Keys() {}

  static String node(String uuid) {
    return NODE + uuid;
  }

  static String router(String uuid) {
    return ROUTER + uuid;
  }

  /** What the experts of a node have done. */
  static String uses(String uuid) {
    return USES + uuid;
  }

  /** What a process had counted when it left. */
  static String left(String process) {
    return LEFT + process;
  }

  /** The member whose own entry it is; empty for others. */
  static Optional<String> member(String key) {
    for (String kind : List.of(NODE, ROUTER, USES)) {
      if (key.startsWith(kind)) {
        return Optional.of(key.substring(kind.length()));
      }
    }
    return Optional.empty();
  }
}
