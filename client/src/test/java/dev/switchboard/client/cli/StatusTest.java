package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.client.FakeRouter;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code status}. */
class StatusTest {
  @Test
  void statusTellsWhatAcceptanceReads() throws IOException {
    Map<String, Object> json =
        JsonText.object(Run.against(FakeRouter.Manner.STEADY, "status", "--json").out());
    assertThat(json)
        .containsKeys("clusterName", "model", "nodes", "routers")
        .containsEntry("tokensRouted", "4")
        .containsEntry("topK", "1")
        .containsEntry("complete", "true")
        .containsEntry("placementEpoch", "3")
        .containsEntry("activeExpertFraction", "0.5");
    assertThat((List<?>) json.get("experts"))
        .last()
        .isEqualTo(
            Map.of(
                "layer",
                "0",
                "expert",
                "1",
                "name",
                "odd",
                "tokens",
                "2",
                "replicas",
                List.of("n1")));
    Run table = Run.against(FakeRouter.Manner.STEADY, "status");
    assertThat(table.out()).contains("cluster fake").containsPattern("node +9 .* 4  odd\n");
  }
}
