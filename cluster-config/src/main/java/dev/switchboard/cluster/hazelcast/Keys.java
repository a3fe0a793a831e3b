package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ServedVersion;
import java.util.List;
import java.util.Optional;

/**
 * Names of the entries in both maps. What all processes of one version share is named by it, so
 * that versions side by side have each their own.
 */
final class Keys {
  /** Sums of what those have counted that left. */
  static final String LEFT_SUMS = "left";

  private static final String NODE = "node:";
  private static final String ROUTER = "router:";
  private static final String USES = "uses:";
  private static final String LEFT = "left:";

  private Keys() {}

  /** The placement in force. */
  static String placement(ServedVersion version) {
    return "placement:" + of(version);
  }

  /** What has been said about experts: of a model, however it is computed. */
  static String experts(ServedVersion version) {
    return "experts:" + version.model();
  }

  /** What has been said about nodes, and decided about the placement. */
  static String nodes(ServedVersion version) {
    return "nodes:" + of(version);
  }

  private static String of(ServedVersion version) {
    return version.model() + "/" + version.arithmetic();
  }

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
