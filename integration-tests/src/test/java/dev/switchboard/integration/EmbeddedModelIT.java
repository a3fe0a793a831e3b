package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The model that comes with Switchboard, through the commands that a newcomer types. The digests of
 * its logits were recorded once: they hold on processors of every make, or the arithmetic has
 * changed.
 */
class EmbeddedModelIT {
  private static final String HELLO = "print(\"Hello\")";
  private static JsonNode oneProcess;

  @BeforeAll
  static void generate() {
    oneProcess = run("generate", "--in-process", "--prompt", HELLO, "--max-tokens", "32");
  }

  private static JsonNode run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(arguments));
    command.add("--json");
    try (Launched launched = Launched.start(arguments[0], command.toArray(String[]::new))) {
      int code = launched.exit(Duration.ofSeconds(120));
      assertThat(code).as(launched.err()).isZero();
      return Json.parse(launched.out());
    }
  }

  @Test
  void theRecordedDigestsHold() throws IOException {
    try (InputStream recorded =
        EmbeddedModelIT.class.getResourceAsStream("/recorded-digests.json")) {
      assertThat(recorded).as("recorded-digests.json").isNotNull();
      JsonNode records =
          Json.parse(new String(recorded.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
      assertThat(records).hasSize(3);
      for (JsonNode record : records) {
        JsonNode answer =
            run(
                "generate",
                "--in-process",
                "--prompt",
                record.get("prompt").asText(),
                "--max-tokens",
                record.get("max_tokens").asText());
        assertThat(answer.get("text").asText()).isEqualTo(record.get("text").asText());
        assertThat(answer.get("logits_sha256").asText())
            .isEqualTo(record.get("logits_sha256").asText());
      }
    }
  }

  @Test
  void eightNodesAnswerAndPythonIsAwakeAlone() {
    JsonNode demo = run("demo", "--nodes", "8", "--prompt", HELLO, "--max-tokens", "32");

    assertThat(demo.get("text").asText()).isEqualTo(oneProcess.get("text").asText());
    assertThat(demo.get("logits_sha256")).isEqualTo(oneProcess.get("logits_sha256"));
    assertThat(demo.get("awake").get("python").asDouble()).isGreaterThanOrEqualTo(0.8);
    assertThat(demo.get("activeExpertFraction").asDouble()).isCloseTo(0.125, within(0.00625));
    Set<Long> pids = new HashSet<>();
    demo.get("nodes").forEach(node -> pids.add(node.get("pid").asLong()));
    assertThat(pids).hasSize(8);
    assertThat(demo.get("tokens"))
        .hasSize(32)
        .allSatisfy(t -> assertThat(t.get("experts")).isNotEmpty());
    assertThat(pids)
        .as("nodes end with the demo")
        .noneMatch(pid -> ProcessHandle.of(pid).isPresent());
  }

  @Test
  void manyAtOnceEqualEachAlone() {
    JsonNode demo =
        run("demo", "--nodes", "2", "--concurrent", "8", "--prompt", HELLO, "--max-tokens", "32");
    assertThat(demo.get("logits_sha256")).isEqualTo(oneProcess.get("logits_sha256"));
  }
}
