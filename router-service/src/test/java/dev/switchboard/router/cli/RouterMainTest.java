package dev.switchboard.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands as their users meet them: exit codes, one line for what is wrong, one object of
 * JSON.
 */
class RouterMainTest {
  private static CliRun run(String... args) {
    return CliRun.of(args);
  }

  private static void assertFails(CliRun result, int exit, String... mentions) {
    assertThat(result.exit()).isEqualTo(exit);
    assertThat(result.err().lines().filter(line -> line.startsWith("switchboard: ")))
        .as(result.err())
        .hasSize(1)
        .first()
        .asString()
        .contains(mentions);
    assertThat(result.err()).doesNotContain("\tat ");
  }

  @Test
  void inspectSaysWhatTheModelIs(@TempDir Path folder) throws IOException {
    TinyModels.seeded(4).topK(2).write(folder);
    CliRun result = run("inspect", "--model", folder.toString(), "--json");
    assertThat(result.exit()).as(result.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(result.out());
    assertThat(json.get("path").asText()).isEqualTo(folder.toAbsolutePath().toString());
    assertThat(json.get("modelType").asText()).isEqualTo("switchboard");
    assertThat(json.get("experts").asInt()).isEqualTo(4);
    assertThat(json.get("topK").asInt()).isEqualTo(2);
    JsonNode parameters = json.get("parameters");
    long expert = 3 * 20 * 24;
    assertThat(parameters.get("perExpert").asLong()).isEqualTo(expert);
    assertThat(parameters.get("total").asLong() - parameters.get("activePerToken").asLong())
        .as("two of four experts sleep in two layers")
        .isEqualTo(2 * 2 * expert);
    assertThat(json.get("files").get("model.safetensors").asLong())
        .isEqualTo(Files.size(folder.resolve("model.safetensors")));
    assertThat(json.get("kernels").asText()).isNotEmpty();
    assertThat(json.get("feeds").get(0).get("layers").size()).isEqualTo(2);
    JsonNode memory = json.get("memory");
    long experts = 4 * 2 * expert * Float.BYTES;
    assertThat(memory.get("inProcessBytes").asLong() - memory.get("routerBytes").asLong())
        .isEqualTo(experts);
    assertThat(memory.get("nodeBytes").asLong())
        .isEqualTo(MemoryNeed.NODE_PROCESS_BYTES + experts / 2);
    CliRun table = run("inspect", folder.toString(), "--nodes", "4");
    assertThat(table.out())
        .contains("fingerprint", "top 2 of 4", "the gate remembers", "a node of 4")
        .contains("missing", "chat template");
  }

  @Test
  void badModelsAreOneLine(@TempDir Path folder) throws IOException {
    assertFails(run("inspect", "--model", folder.resolve("absent").toString()), 1, "absent");
    Path odd = Files.createDirectory(folder.resolve("odd"));
    TinyModels.seeded(4).write(odd);
    Files.writeString(odd.resolve("config.json"), "{\"model_type\": \"no_such_family\"}");
    assertFails(run("inspect", "--model", odd.toString()), 1, "no_such_family");
    Path huge = Files.createDirectory(folder.resolve("huge"));
    TinyModels.seeded(4).write(huge);
    ByteBuffer header = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(1L << 60);
    Files.write(huge.resolve("model.safetensors"), header.array());
    assertFails(run("inspect", "--model", huge.toString()), 1, "model.safetensors");
    assertFails(
        run("router", "--local-experts", "--model", huge.toString()), 1, "model.safetensors");
  }

  @Test
  void aPortInUseIsNamed(@TempDir Path folder) throws IOException {
    TinyModels.seeded(4).write(folder);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertFails(
          run("router", "--local-experts", "--model", folder.toString(), "--port", port),
          1,
          "127.0.0.1:" + port,
          "in use");
    }
  }

  @Test
  void settingsAreCheckedBeforeAnythingStarts(@TempDir Path folder) throws IOException {
    Path config = Files.writeString(folder.resolve("bad.yaml"), "router:\n  no-such-key: 1\n");
    assertFails(run("router", "--config", config.toString()), 1, "no-such-key", "bad.yaml");
    assertFails(run("router", "--port", "70000"), 1, "router.port", "70000");
    assertFails(run("router", "--no-such-option"), 2, "--no-such-option");
    assertFails(run("inspect", "--nodes", "0"), 2, "--nodes 0");
    assertFails(run("inspect", "a", "--model", "b"), 2, "--model");
    assertFails(run("no-such-command"), 2, "no-such-command");
  }

  @Test
  void helpHasExamples() {
    assertThat(run("router", "--help").out()).contains("Examples:", "--replicas");
    assertThat(run("inspect", "--help").out()).contains("Examples:");
    assertThat(run("check", "--help").out()).contains("Examples:");
    assertThat(run("quantize", "--help").out()).contains("Examples:");
  }
}
