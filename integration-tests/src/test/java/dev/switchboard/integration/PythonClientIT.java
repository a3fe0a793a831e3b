package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A client in another language: stubs that Python's grpcio generates from {@code proto/}, a
 * generation streamed, the services listed through reflection. Needs python3 with pip; without them
 * it is skipped, and says so.
 */
class PythonClientIT {
  private static final Path FOLDER = Path.of("target", "python-client").toAbsolutePath();
  private static final Path PYTHON = FOLDER.resolve("venv/bin/python");
  private static final String[] PACKAGES = {"grpcio", "grpcio-tools", "grpcio-reflection"};

  private record Ended(int code, String output) {}

  @BeforeAll
  static void installGrpc() throws IOException {
    Files.createDirectories(FOLDER);
    Ended pip = run(60, "python3", "-m", "pip", "--version");
    assumeTrue(pip.code() == 0, "SKIPPED: no python3 with pip here: " + pip.output());
    if (run(30, PYTHON.toString(), "-c", "import grpc_tools, grpc_reflection").code() == 0) {
      return;
    }
    Ended venv = run(120, "python3", "-m", "venv", FOLDER.resolve("venv").toString());
    assumeTrue(
        venv.code() == 0, "SKIPPED: python3 cannot make a virtual environment: " + venv.output());
    List<String> install =
        new ArrayList<>(List.of(PYTHON.toString(), "-m", "pip", "install", "-q"));
    install.addAll(List.of(PACKAGES));
    Ended installed = run(300, install.toArray(String[]::new));
    if (System.getenv("CI") != null) {
      assertThat(installed.code()).as(installed.output()).isZero();
    }
    assumeTrue(
        installed.code() == 0, "SKIPPED: pip could not install grpcio: " + installed.output());
  }

  @Test
  void streamsAGenerationAndListsTheServices() throws IOException {
    Path protos = Launched.home().resolve("proto/src/main/protobuf");
    List<String> protoc = new ArrayList<>(List.of(PYTHON.toString(), "-m", "grpc_tools.protoc"));
    protoc.addAll(List.of("-I" + protos, "--python_out=" + FOLDER, "--grpc_python_out=" + FOLDER));
    for (String name : List.of("inference", "cluster", "expert")) {
      protoc.add("switchboard/v1/" + name + ".proto");
    }
    Ended generated = run(60, protoc.toArray(String[]::new));
    assertThat(generated.code()).as(generated.output()).isZero();
    Path script = FOLDER.resolve("client.py");
    try (var resource = PythonClientIT.class.getResourceAsStream("/client.py")) {
      Files.write(script, resource.readAllBytes());
    }

    String prompt =
        Arrays.stream(Models.prompt(6))
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(","));
    Ended client =
        run(60, PYTHON.toString(), script.toString(), Shared.twoNodes().address(), prompt);

    assertThat(client.code()).as(client.output()).isZero();
    JsonNode seen = Json.parse(client.output().lines().reduce((a, b) -> b).orElseThrow());
    List<String> services = new ArrayList<>();
    seen.get("services").forEach(service -> services.add(service.asText()));
    assertThat(services)
        .contains(
            "switchboard.v1.Inference",
            "switchboard.v1.Cluster",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection");
    Generation ours =
        Generation.run(
            Shared.twoNodes().channel(), Generation.greedy(Models.prompt(6), 20).build());
    assertThat(seen.get("tokens").size()).isEqualTo(20);
    assertThat(seen.get("text").asText()).isEqualTo(ours.text());
    assertThat(seen.get("logits_sha256").asText()).isEqualTo(ours.digest());
    assertThat(seen.get("nodes").asInt()).isEqualTo(2);
  }

  private static Ended run(int seconds, String... command) {
    Path log = FOLDER.resolve("last.log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Ended(-1, "did not end within " + seconds + " s: " + List.of(command));
      }
      return new Ended(process.exitValue(), Logs.read(log));
    } catch (IOException notThere) {
      return new Ended(-1, notThere.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
