package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Commands that end, and what they say. */
final class Commands {
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private Commands() {}

  /** Asks a cluster's router. */
  static JsonNode json(TestCluster cluster, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--router", cluster.address(), "--json"));
    return json(all);
  }

  /** Asks a router of a fleet. */
  static JsonNode json(Fleet fleet, Launched router, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--router", fleet.address(router), "--json"));
    return json(all);
  }

  /** One that succeeds and says one JSON object. */
  static JsonNode json(List<String> arguments) {
    try (Launched command = Launched.start(arguments.getFirst(), Map.of(), arguments)) {
      int code = command.exit(LIMIT);
      assertThat(code).as(command.err()).isZero();
      return Json.parse(command.out());
    }
  }
}
