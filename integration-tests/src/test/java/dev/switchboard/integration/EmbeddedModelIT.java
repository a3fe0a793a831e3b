package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final List<String> PROMPTS =
      List.of(HELLO, "SELECT name, count(*) FROM", "Once upon a time");
  private static final Path RECORDED = Path.of("src", "test", "resources", "recorded-digests.json");
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

  /**
   * With {@code -Dswitchboard.record=true} the answers are written down instead, after a change of
   * model or arithmetic.
   */
  @Test
  void theRecordedDigestsHold() throws IOException {
    ArrayNode answers = JsonNodeFactory.instance.arrayNode();
    for (String prompt : PROMPTS) {
      JsonNode answer = run("generate", "--in-process", "--prompt", prompt, "--max-tokens", "32");
      ObjectNode record = answers.addObject().put("prompt", prompt);
      record.set("text", answer.get("text"));
      record.set("logits_sha256", answer.get("logits_sha256"));
    }
    if (Boolean.getBoolean("switchboard.record")) {
      Files.writeString(RECORDED, answers.toPrettyString() + "\n");
    }
    assertThat(answers).isEqualTo(Json.parse(Files.readString(RECORDED)));
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
