package dev.switchboard.integration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that cannot be served: each is refused in words that name it. */
class BadFilesIT {
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void copyTheModel() throws IOException {
    model = folder.resolve("copy");
    Files.createDirectories(model);
    try (Stream<Path> files = Files.list(Models.ffn())) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
  }

  private Refusal serving() {
    return Refusal.of("router", "--local-experts", "--model", model.toString());
  }

  @Test
  void aMissingModel() {
    model = folder.resolve("absent");
    serving().naming("absent");
  }

  @Test
  void aTruncatedFile() throws IOException {
    Path weights = model.resolve("model.safetensors");
    try (var channel = Files.newByteChannel(weights, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() / 2);
    }
    serving().naming("model.safetensors");
  }

  @Test
  void aHeaderThatClaimsTooMuch() throws IOException {
    ByteBuffer absurd = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    absurd.putLong(1L << 60).put("{}".getBytes(UTF_8));
    Files.write(model.resolve("model.safetensors"), absurd.array());
    serving().naming("model.safetensors", "" + (1L << 60));
  }

  @Test
  void aTensorOfAnotherShape() throws IOException {
    Path config = model.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(
        config,
        text.replaceFirst(
            "\"shared_intermediate_size\"\\s*:\\s*\\d+", "\"shared_intermediate_size\": 7"));
    serving().naming("model.safetensors", "shared", "7");
  }

  @Test
  void anUnknownFamily() throws IOException {
    Files.writeString(model.resolve("config.json"), "{\"model_type\": \"no_such_family\"}");
    serving().naming("no_such_family", "switchboard");
  }

  @Test
  void anEmptyPromptForAModelWithoutAStartToken() throws IOException {
    for (String file : new String[] {"config.json", "generation_config.json"}) {
      Path path = model.resolve(file);
      Files.writeString(
          path, Files.readString(path).replaceFirst("\"bos_token_id\"\\s*:\\s*0\\s*,", ""));
    }
    Refusal.of("generate", "--in-process", "--model", model.toString(), "--prompt", "")
        .naming("prompt is empty");
  }

  @Test
  void anUnknownKeyOfTheConfiguration() throws IOException {
    Path config = Files.writeString(folder.resolve("bad.yaml"), "no-such-key: 1\n");
    Refusal.of("node", "--config", config.toString()).naming("no-such-key", "bad.yaml");
    Refusal.of("router", "--config", config.toString()).naming("no-such-key", "bad.yaml");
  }

  @Test
  void anImpossibleValue() {
    Refusal.of("node", "--model", model.toString(), "--port", "70000").naming("port", "70000");
    Refusal.of("router", "--model", model.toString(), "--replicas", "0").naming("replicas", "0");
  }

  @Test
  void noJdkThatIsNewEnough() throws IOException, InterruptedException {
    Process find =
        new ProcessBuilder("sh", Launched.home().resolve("scripts/find-jdk.sh").toString(), "99")
            .start();
    String message = new String(find.getErrorStream().readAllBytes(), UTF_8);
    assertThat(find.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(find.exitValue()).isEqualTo(1);
    assertThat(message).contains("JDK 99", "JAVA_HOME", "/usr/lib/jvm");
  }
}
