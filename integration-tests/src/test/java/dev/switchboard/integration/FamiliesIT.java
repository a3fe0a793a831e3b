package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other people's checkpoints by the commands that people use: check, and generate by ids. */
class FamiliesIT {
  private static final Path GOLDEN =
      Launched.home().resolve("model/src/test/resources/golden/hf").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  @TempDir private Path folder;

  private record Ended(int exit, String out, String err) {
    JsonNode json() {
      assertThat(exit).as(err).isZero();
      return Json.parse(out);
    }
  }

  private static Ended run(String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of(arguments));
    try (Launched process = Launched.start(command, all.toArray(String[]::new))) {
      int exit = process.exit(PATIENCE);
      return new Ended(exit, process.out(), process.err());
    }
  }

  @Test
  void checkTellsWithinFromOutOfBounds() throws IOException {
    Path changed = copy(GOLDEN.resolve("mixtral"), folder.resolve("changed"));
    change(changed.resolve("model.safetensors"), "lm_head.weight");
    Ended good = run("check", GOLDEN.resolve("mamba2").toString(), GOLDEN + "/mixtral", "--json");
    JsonNode folders = good.json().get("folders");
    assertThat(folders.get(0).get("folder").asText()).endsWith("mamba2");
    assertThat(folders).hasSizeGreaterThan(2).allMatch(f -> f.get("ok").asBoolean());

    Ended bad = run("check", changed.toString(), GOLDEN.resolve("mamba2").toString());
    assertThat(bad.exit()).as(bad.out() + bad.err()).isEqualTo(1);
    assertThat(bad.out().lines().filter(line -> line.contains("OUT"))).hasSize(1);
    assertThat(bad.out()).as("goes on behind what is out").contains("mamba2");
  }

  @Test
  void tokensByIdsInOneProcessAndOverNodes() throws IOException {
    Path mixtral = GOLDEN.resolve("mixtral");
    JsonNode prompt =
        Json.parse(Files.readString(mixtral.resolve("expected.json"))).get("prompts").get(0);
    Path logits = folder.resolve("logits.safetensors");
    String[] common = {
      "--model",
      mixtral.toString(),
      "--ids",
      joined(prompt.get("ids")),
      "--force-ids",
      joined(prompt.get("greedy")),
      "--logprobs",
      "4",
      "--json"
    };
    JsonNode alone = run("generate", with(common, "--dump-logits", logits.toString())).json();
    JsonNode nodes = run("generate", with(common, "--nodes", "2")).json();

    assertThat(nodes.get("logits_sha256")).isEqualTo(alone.get("logits_sha256"));
    assertThat(nodes.get("nodes")).hasSize(2);
    assertThat(nodes.get("tokens")).isEqualTo(alone.get("tokens"));
    assertThat(alone.get("tokens"))
        .hasSize(24)
        .allMatch(token -> token.get("top").get(0).get("id").equals(token.get("id")));
    assertThat(largestDifference(logits, mixtral.resolve("expected.safetensors")))
        .isLessThan(1e-4f);
  }

  private static String joined(JsonNode ids) {
    return StreamSupport.stream(ids.spliterator(), false)
        .map(JsonNode::asText)
        .collect(Collectors.joining(","));
  }

  private static String[] with(String[] common, String... more) {
    return Stream.concat(Stream.of(common), Stream.of(more)).toArray(String[]::new);
  }

  private static float largestDifference(Path dumped, Path expected) {
    try (Checkpoint ours = Checkpoint.open(dumped);
        Checkpoint theirs = Checkpoint.open(expected)) {
      assertThat(ours.names()).containsExactly("logits");
      float[] have = ours.find("logits").orElseThrow().toFloats();
      float[] want = theirs.find("prompt1.logits").orElseThrow().toFloats();
      assertThat(have).hasSameSizeAs(want);
      float worst = 0;
      for (int i = 0; i < have.length; i++) {
        worst = Math.max(worst, Math.abs(have[i] - want[i]));
      }
      return worst;
    }
  }

  private static Path copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  /** Overwrites a tensor's first value. */
  private static void change(Path safetensors, String tensor) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(safetensors.toFile(), "rw")) {
      byte[] length = new byte[Long.BYTES];
      file.readFully(length);
      long header = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
      byte[] json = new byte[Math.toIntExact(header)];
      file.readFully(json);
      long offset =
          Json.parse(new String(json, StandardCharsets.UTF_8))
              .get(tensor)
              .get("data_offsets")
              .get(0)
              .asLong();
      file.seek(Long.BYTES + header + offset);
      file.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(9f).array());
    }
  }
}
