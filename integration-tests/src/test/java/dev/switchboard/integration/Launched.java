package dev.switchboard.integration;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One {@code ./switchboard COMMAND} process. A reader thread keeps its standard output in a log and
 * completes a future for each JSON line that announces something; standard error goes to a file
 * beside it.
 */
final class Launched implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final Path LOGS = Path.of("target", "processes").toAbsolutePath();

  private final String name;
  private final Process process;
  private final Path out;
  private final Path err;
  private final Thread reader;
  private final Map<String, CompletableFuture<JsonNode>> announced = new ConcurrentHashMap<>();

  private Launched(String name, Process process, Path out, Path err) {
    this.name = name;
    this.process = process;
    this.out = out;
    this.err = err;
    this.reader = Thread.ofPlatform().name("out-of-" + name).daemon().start(this::read);
  }

  /** Starts the command; {@code label} names its logs. */
  static Launched start(String label, String... arguments) {
    return start(label, Map.of(), List.of(arguments));
  }

  static Launched start(String label, Map<String, String> environment, List<String> arguments) {
    return start(label, List.of(), environment, arguments);
  }

  /**
   * Starts the command under another one.
   *
   * @param under what runs it, as {@code ip netns exec NAME}
   */
  static Launched start(
      String label, List<String> under, Map<String, String> environment, List<String> arguments) {
    String name = "%03d-%s".formatted(COUNT.incrementAndGet(), label);
    Path out = LOGS.resolve(name + ".out");
    Path err = LOGS.resolve(name + ".err");
    // A background job's children ignore Ctrl-C; what runs here must hear it wherever the tests
    // run.
    List<String> command = new ArrayList<>(under);
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(home().resolve("switchboard").toString());
    command.addAll(arguments);
    try {
      Files.createDirectories(LOGS);
      ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
      builder.environment().put("SWITCHBOARD_BUILD", "never");
      builder.environment().putAll(environment);
      return new Launched(name, builder.start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command, e);
    }
  }

  static Path home() {
    return Path.of(System.getProperty("switchboard.home", "..")).toAbsolutePath().normalize();
  }

  private void read() {
    try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        var log = Files.newBufferedWriter(out)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.write(line + "\n");
        log.flush();
        Json.object(line).ifPresent(this::announce);
      }
    } catch (IOException e) {
      // The stream of a killed process may end in the middle; what was read is in the log.
    } finally {
      announced.values().forEach(f -> f.completeExceptionally(new IOException("ended")));
    }
  }

  private void announce(JsonNode object) {
    for (String key : List.of("listening", "ready")) {
      if (object.has(key)) {
        announced.computeIfAbsent(key, k -> new CompletableFuture<>()).complete(object);
      }
    }
  }

  /**
   * The line that says {@code {"listening": ...}} or {@code {"ready": ...}}; fails when the process
   * ends or takes too long.
   */
  JsonNode announces(String key, Duration limit) {
    CompletableFuture<JsonNode> line =
        announced.computeIfAbsent(key, k -> new CompletableFuture<>());
    try {
      if (!reader.isAlive() && !line.isDone()) {
        throw new AssertionError(name + " ended without being " + key + ": " + tail());
      }
      return line.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(
          name + " was not " + key + " within " + limit + ": " + tail() + threads(), e);
    } catch (ExecutionException e) {
      throw new AssertionError(name + " ended without being " + key + ": " + tail(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Keeps what a process that hangs is doing: the one thing that its log cannot say. */
  private String threads() {
    Path stacks = LOGS.resolve(name + ".threads");
    try {
      Process dump =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jstack").toString(),
                  Long.toString(process.pid()))
              .redirectErrorStream(true)
              .redirectOutput(stacks.toFile())
              .start();
      if (!dump.waitFor(20, TimeUnit.SECONDS)) {
        dump.destroyForcibly();
      }
      return " (threads: " + stacks + ")";
    } catch (IOException e) {
      return " (its threads cannot be listed: " + e.getMessage() + ")";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  boolean hasAnnounced(String key) {
    CompletableFuture<JsonNode> line = announced.get(key);
    return line != null && line.isDone() && !line.isCompletedExceptionally();
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the end; the exit code. */
  int exit(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(name + " did not end within " + limit + ": " + tail());
      }
      reader.join(limit.toMillis());
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Ends the process as {@code kill -9} does. */
  void kill() {
    process.destroyForcibly();
    exit(Duration.ofSeconds(10));
  }

  void signal(String signal) {
    try {
      int code = new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start().waitFor();
      if (code != 0) {
        throw new AssertionError("kill -" + signal + " " + pid() + " ended with " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Asks politely (SIGTERM), then insists. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  String out() {
    return Logs.read(out);
  }

  String err() {
    return Logs.read(err);
  }

  private String tail() {
    String text = err() + out();
    return text.substring(Math.max(0, text.length() - 2000)) + " (logs: " + err + ")";
  }
}
