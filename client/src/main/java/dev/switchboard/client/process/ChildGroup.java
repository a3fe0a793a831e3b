package dev.switchboard.client.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Children that end together: with {@link #close}, or with this process. Their logs lie in a
 * temporary folder that goes with them, unless it is kept.
 */
final class ChildGroup implements AutoCloseable {
  private static final long KILL_SECONDS = 10;

  private final Path logs = temporaryFolder();
  private final List<Child> children = new ArrayList<>();
  private final Thread hook = new Thread(this::endAtShutdown, "end private cluster");
  private volatile boolean keepLogs;

  ChildGroup() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  Path logs() {
    return logs;
  }

  void keepLogs() {
    keepLogs = true;
  }

  /**
   * @param command how it is run, and its arguments
   * @param environment variables beside those of this process
   */
  Child start(
      String name, List<String> command, List<String> arguments, Map<String, String> environment) {
    List<String> line = new ArrayList<>(command);
    line.addAll(arguments);
    Child child = Child.start(name, line, logs, environment);
    synchronized (children) {
      children.add(child);
    }
    return child;
  }

  /** All that were started, those that have ended among them. */
  List<Child> children() {
    synchronized (children) {
      return List.copyOf(children);
    }
  }

  /** What became of the processes that have ended, one line each. */
  List<String> losses() {
    return children().stream().filter(child -> !child.alive()).map(Child::epitaph).toList();
  }

  /** Ends all as an operator would stop them; who is left after that time is killed. */
  void askToEnd(long seconds) {
    children().forEach(Child::askToEnd);
    awaitEnd(seconds);
  }

  @Override
  public void close() {
    killAll();
    awaitEnd(KILL_SECONDS);
    if (!keepLogs) {
      delete(logs);
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // This is the shutdown.
    }
  }

  private void endAtShutdown() {
    killAll();
    if (!keepLogs) {
      delete(logs);
    }
  }

  private void killAll() {
    synchronized (children) {
      children.forEach(Child::kill);
    }
  }

  private void awaitEnd(long seconds) {
    CompletableFuture<?>[] ends =
        children().stream().map(Child::ended).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(ends).get(seconds, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // Whoever is left is killed next, or cannot be helped.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("switchboard-");
    } catch (IOException e) {
      throw new ClusterException("cannot make a temporary folder: " + e.getMessage(), e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // A temporary folder that stays behind disturbs nobody.
    }
  }
}
