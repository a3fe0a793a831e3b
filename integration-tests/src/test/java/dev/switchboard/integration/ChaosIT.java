package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * {@code switchboard chaos}, for a few faults: processes are killed and wires cut, and nobody
 * notices.
 */
class ChaosIT {
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  @Test
  void faultsFailNoRequestAndChangeNoToken() {
    try (Launched chaos =
        Launched.start(
            "chaos",
            "chaos",
            "--seed",
            "1",
            "--minutes",
            "0.2",
            "--streams",
            "4",
            "--kinds",
            "node_killed,node_hung,corrupted,partitioned",
            "--json")) {
      int exit = chaos.exit(PATIENCE);
      assertThat(exit).as(chaos.err()).isZero();
      JsonNode report =
          chaos.out().lines().flatMap(line -> Json.object(line).stream()).findFirst().orElseThrow();
      assertThat(report.get("faults").asInt()).isPositive();
      assertThat(report.get("requests").asInt()).isPositive();
      assertThat(report.get("failedRequests").asInt()).isZero();
      assertThat(report.get("wrongTokens").asInt()).isZero();
      assertThat(report.get("byKind").isObject()).isTrue();
    }
  }
}
