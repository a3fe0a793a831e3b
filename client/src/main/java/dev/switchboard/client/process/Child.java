package dev.switchboard.client.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One child process. Its standard input is a pipe that only this process holds: when this process
 * ends, however it ends, the child reads end-of-file and ends too. Standard error goes to the log;
 * standard output is read for announcements.
 */
final class Child {
  private static final int ERROR_TAIL_BYTES = 64 << 10;

  private final String name;
  private final Path log;
  private final Process process;
  private final long startedNanos;
  private volatile long readyNanos;
  private final CompletableFuture<Announcement> listening = new CompletableFuture<>();
  private final CompletableFuture<Announcement> ready = new CompletableFuture<>();

  private Child(String name, Path log, Process process, long startedNanos) {
    this.startedNanos = startedNanos;
    this.name = name;
    this.log = log;
    this.process = process;
  }

  /**
   * @param environment variables beside those of this process
   */
  static Child start(
      String name, List<String> command, Path logs, Map<String, String> environment) {
    Path log = logs.resolve(name + ".log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    builder.environment().putIfAbsent("SWITCHBOARD_LOG", "WARN");
    builder.environment().putAll(environment);
    try {
      long now = System.nanoTime();
      Child child = new Child(name, log, builder.start(), now);
      Thread.ofPlatform().daemon().name("output of " + name).start(child::readOutput);
      return child;
    } catch (IOException e) {
      throw new ClusterException("cannot start " + name + ": " + e.getMessage(), e);
    }
  }

  /**
   * Completes with the line that says the grid listens; fails with {@link ClusterException} if the
   * child ends first.
   */
  CompletableFuture<Announcement> listening() {
    return listening;
  }

  /**
   * Completes with the ready line; fails with {@link ClusterException} if the child ends, even
   * after it was ready.
   */
  CompletableFuture<Announcement> ready() {
    return ready;
  }

  /** From the start of the process to its ready line, which has come. */
  Duration startToReady() {
    return Duration.ofNanos(readyNanos - startedNanos);
  }

  long startedNanos() {
    return startedNanos;
  }

  int exitCode() {
    return process.exitValue();
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Ends it by closing its standard input, which it takes as the end of its parent. */
  void askToEnd() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      process.destroy(); // the pipe is broken already: the child is gone or going
    }
  }

  /** As {@code kill -9}. */
  void kill() {
    process.destroyForcibly();
  }

  /** As {@code kill}: SIGTERM. */
  void terminate() {
    process.destroy();
  }

  CompletableFuture<Process> ended() {
    return process.onExit();
  }

  private void readOutput() {
    try (BufferedReader lines =
        new BufferedReader(
            new java.io.InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Announcement.read(line).ifPresent(this::complete);
      }
    } catch (IOException e) {
      // The pipe broke: the process is ending; its exit is what counts.
    }
    process.onExit().thenRun(this::failWaiters);
  }

  private void complete(Announcement said) {
    if (said.kind().equals("ready")) {
      readyNanos = System.nanoTime();
      ready.complete(said);
    } else {
      listening.complete(said);
    }
  }

  private void failWaiters() {
    ClusterException end = new ClusterException(epitaph());
    listening.completeExceptionally(end);
    ready.completeExceptionally(end);
  }

  /** Why it ended: its own last error line, or its exit code. */
  String epitaph() {
    return lastError()
        .orElseGet(() ->
            name
                + " (pid "
                + pid()
                + ") ended with exit code "
                + process.exitValue()
                + "; its log is "
                + log);
  }

  private Optional<String> lastError() {
    String prefix = "switchboard: ";
    try (var file = Files.newByteChannel(log)) {
      file.position(Math.max(0, file.size() - ERROR_TAIL_BYTES));
      String tail =
          new String(
              java.nio.channels.Channels.newInputStream(file).readAllBytes(),
              StandardCharsets.UTF_8);
      return tail.lines()
          .filter(line -> line.startsWith(prefix))
          .reduce((first, second) -> second)
          .map(line -> line.substring(prefix.length()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
