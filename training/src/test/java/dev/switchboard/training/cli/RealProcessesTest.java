package dev.switchboard.training.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.switchboard.training.data.ByteTokenizer;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.twin.TinyTwin;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train router} in processes of its own: killed and resumed, and on a Spark of its own. */
class RealProcessesTest {
  private static final TwinConfig CONFIG =
      new TwinConfig(257, 16, 2, 2, 8, 8, 4, 24, 12, List.of("a", "b", "c"));
  private static final int STEPS = 60;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path folder;
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void writeModelAndTexts() throws IOException {
    Path model = folder.resolve("model");
    SequencedMap<String, Values> weights = TinyTwin.weights(CONFIG, 3);
    ModelDirectory.write(
        model,
        CONFIG,
        name -> Objects.requireNonNull(weights.get(name), name),
        ModelDirectory.json(ByteTokenizer.in(folder)));
    SplittableRandom random = new SplittableRandom(4);
    for (String domain : CONFIG.experts()) {
      Path texts = Files.createDirectories(folder.resolve("data").resolve(domain));
      StringBuilder text = new StringBuilder();
      int first = domain.charAt(0) == 'a' ? 'a' : domain.charAt(0) == 'b' ? 'k' : 'u';
      for (int i = 0; i < 3000; i++) {
        text.append(i % 50 == 49 ? "\n\0\n" : (char) (first + random.nextInt(6)));
      }
      Files.writeString(texts.resolve("train.txt"), text);
    }
  }

  @AfterEach
  void endProcesses() throws InterruptedException {
    for (Process process : started.reversed()) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void aRunThatWasKilledAndOneOnAClusterGiveTheSameGate() throws Exception {
    assertThat(TrainMain.commandLine().execute(arguments("whole", "local[1]"))).isZero();
    byte[] whole = gate("whole");

    Process killed = java("killed.log", TrainMain.class.getName(), arguments("part", "local[1]"));
    Path metrics = folder.resolve("part/metrics.jsonl");
    await("steps of %s".formatted(log("killed.log")))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> lines(metrics) > STEPS / 3);
    assertThat(killed.isAlive()).as("it was killed on its way").isTrue();
    killed.destroyForcibly().waitFor();
    assertThat(folder.resolve("part/gate.safetensors")).doesNotExist();
    assertThat(folder.resolve("part/checkpoint.state")).exists();
    List<String> again = new ArrayList<>(List.of(arguments("part", "local[1]")));
    again.add("--resume");
    assertThat(TrainMain.commandLine().execute(again.toArray(String[]::new))).isZero();
    assertThat(gate("part")).isEqualTo(whole);

    submit();
    assertThat(gate("cluster")).isEqualTo(whole);
  }

  /** A stand-alone master with one worker, and spark-submit. */
  private void submit() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String master = "spark://127.0.0.1:" + port;
    java(
        "master.log",
        "org.apache.spark.deploy.master.Master",
        "--host",
        "127.0.0.1",
        "--port",
        String.valueOf(port),
        "--webui-port",
        "0");
    await("master: %s".formatted(log("master.log"))).atMost(PATIENCE).until(() -> answers(port));
    java(
        "worker.log",
        "org.apache.spark.deploy.worker.Worker",
        "--host",
        "127.0.0.1",
        "--webui-port",
        "0",
        "--cores",
        "1",
        "--memory",
        "1g",
        "--work-dir",
        folder.resolve("work").toString(),
        master);
    Path jar = folder.resolve("job.jar");
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out).close();
    }
    List<String> submit =
        new ArrayList<>(
            List.of(
                "--class",
                TrainMain.class.getName(),
                "--master",
                master,
                "--conf",
                "spark.executor.extraClassPath=" + System.getProperty("java.class.path"),
                "--conf",
                "spark.driver.host=127.0.0.1",
                jar.toString()));
    submit.addAll(List.of(arguments("cluster", null)));
    Process driver =
        java("submit.log", "org.apache.spark.deploy.SparkSubmit", submit.toArray(String[]::new));
    assertThat(driver.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as(log("submit.log"))
        .isTrue();
    assertThat(driver.exitValue()).as(log("submit.log")).isZero();
    try (Stream<Path> executors = Files.walk(folder.resolve("work"))) {
      assertThat(executors.filter(file -> file.endsWith("stderr"))).isNotEmpty();
    }
  }

  private String[] arguments(String out, @Nullable String master) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "router",
                "--data",
                folder.resolve("data").toString(),
                "--model",
                folder.resolve("model").toString(),
                "--init",
                "random",
                "--steps",
                String.valueOf(STEPS),
                "--checkpoint-steps",
                "5",
                "--out",
                folder.resolve(out).toString()));
    if (master != null) {
      arguments.addAll(List.of("--master", master));
    }
    return arguments.toArray(String[]::new);
  }

  private Process java(String log, String main, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                main));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(folder.resolve(log).toFile());
    builder
        .environment()
        .put(
            "SPARK_HOME",
            Files.createDirectories(folder.resolve("spark/jars")).getParent().toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private String log(String name) {
    Path file = folder.resolve(name);
    try {
      return Files.exists(file) ? name + ": " + Files.readString(file) : name;
    } catch (IOException e) {
      return name + ": " + e.getMessage();
    }
  }

  private byte[] gate(String out) throws IOException {
    return Files.readAllBytes(folder.resolve(out).resolve("gate.safetensors"));
  }

  private static long lines(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    }
  }

  private static boolean answers(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
