package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bits of an answer are those of the model and the sequence alone: whatever kernels compute, on
 * whatever width of vectors, with however many threads, however many rows at once, in one process
 * or over nodes.
 */
class SameBitsIT {
  private static final Path GOLDEN =
      Launched.home().resolve("model/src/test/resources/golden").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  /** 64 tokens: as many rows are computed at once where a prompt is read whole. */
  private static final String PROMPT =
      IntStream.range(0, 64)
          .mapToObj(i -> String.valueOf(3 + i * 29 % 90))
          .collect(Collectors.joining(","));

  /** What the launcher's JVM reads beside its own flags. */
  private static final String JVM_OPTIONS = "JDK_JAVA_OPTIONS";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf/mixtral",
        "gguf-quantised/moe-bf16.gguf",
        "gguf-quantised/moe-q8_0.gguf",
        "gguf-quantised/moe-q4_0.gguf",
        "gguf-quantised/moe-q4_k.gguf"
      })
  void everyWayOfComputing(String model) {
    String expected = digest(model, Map.of(), "--in-process", "--kernels", "scalar");

    for (String kernels : List.of("java", "native")) {
      for (String threads : List.of("1", "2")) {
        assertThat(
                digest(model, Map.of(), "--in-process", "--kernels", kernels, "--threads", threads))
            .as("%s, %s threads", kernels, threads)
            .isEqualTo(expected);
      }
    }
    for (String width : List.of("16", "32", "64")) {
      Map<String, String> narrow = Map.of(JVM_OPTIONS, "-XX:MaxVectorSize=" + width);
      assertThat(digest(model, narrow, "--in-process", "--kernels", "java"))
          .as("vectors of %s bytes", width)
          .isEqualTo(expected);
    }
    for (String rows : List.of("1", "7", "48")) {
      assertThat(digest(model, Map.of(), "--in-process", "--prompt-chunk", rows))
          .as("%s rows at once", rows)
          .isEqualTo(expected);
    }
    for (String way : List.of("lanes", "sockets", "tcp")) {
      Map<String, String> chosen = Map.of("SWITCHBOARD_GRID_SAME_HOST", way);
      assertThat(digest(model, chosen, "--nodes", "2"))
          .as("over nodes by %s", way)
          .isEqualTo(expected);
    }
  }

  private static String digest(String model, Map<String, String> environment, String... where) {
    List<String> command = new ArrayList<>(List.of("generate", "--model"));
    command.add(GOLDEN.resolve(model).toString());
    command.addAll(List.of("--ids", PROMPT, "--max-tokens", "6"));
    command.addAll(List.of("--temperature", "0", "--json"));
    command.addAll(List.of(where));
    try (Launched launched = Launched.start("bits", environment, command)) {
      assertThat(launched.exit(PATIENCE)).as(launched.err()).isZero();
      JsonNode answer = Json.parse(launched.out());
      return answer.get("logits_sha256").asText();
    }
  }
}
