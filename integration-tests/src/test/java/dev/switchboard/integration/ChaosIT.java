package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * {@code switchboard chaos}, for a few faults: processes are killed and wires cut, and nobody
 * notices.
 */
class ChaosIT {
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  private static JsonNode run(String options) {
    List<String> arguments = new ArrayList<>(List.of("chaos", "--json"));
    arguments.addAll(List.of(options.split(" ")));
    try (Launched chaos = Launched.start("chaos", arguments.toArray(String[]::new))) {
      int exit = chaos.exit(PATIENCE);
      assertThat(exit).as(chaos.err()).isZero();
      return chaos
          .out()
          .lines()
          .flatMap(line -> Json.object(line).stream())
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void faultsFailNoRequestAndChangeNoToken() {
    JsonNode report =
        run(
            "--seed 1 --minutes 1 --faults 5 --streams 4 --kinds node_killed,node_out_of_memory,node_hung,corrupted,partitioned");
    assertThat(report.get("faults").asInt()).isPositive();
    assertThat(report.get("requests").asInt()).isPositive();
    assertThat(report.get("failedRequests").asInt()).isZero();
    assertThat(report.get("wrongTokens").asInt()).isZero();
    assertThat(report.get("byKind").isObject()).isTrue();
  }

  @Test
  void aNodeComesAndGoesUnderLoad() {
    JsonNode report = run("--nodes 1 --replicas 1 --routers 1 --streams 2 --scale 2");
    assertThat(report.get("failedRequests").asInt()).isZero();
    assertThat(report.get("wrongTokens").asInt()).isZero();
    assertThat(report.get("phases")).hasSize(3);
    assertThat(report.get("came").get(0).get("firstBatchMillis").asLong()).isPositive();
    assertThat(report.get("decisions")).isNotEmpty();
  }
}
