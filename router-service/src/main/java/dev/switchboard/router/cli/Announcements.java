package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * The lines on standard output by which whoever started the router learns where it is; nothing else
 * goes there.
 */
final class Announcements {
  private Announcements() {}

  /** The grid is up: nodes can join. */
  static synchronized void listening(String gridAddress, String cluster) {
    print(line("listening").put("grid", gridAddress).put("cluster", cluster));
  }

  /** Requests can be answered. */
  static synchronized void ready(
      String address, String gridAddress, String model, String kernels, Optional<String> metrics) {
    ObjectNode line =
        line("ready")
            .put("address", address)
            .put("grid", gridAddress)
            .put("model", model)
            .put("kernels", kernels);
    metrics.ifPresent(at -> line.put("metrics", at));
    print(line);
  }

  private static ObjectNode line(String kind) {
    return JsonNodeFactory.instance
        .objectNode()
        .put(kind, "router")
        .put("pid", ProcessHandle.current().pid());
  }

  private static void print(ObjectNode line) {
    System.out.println(line);
    System.out.flush();
  }
}
