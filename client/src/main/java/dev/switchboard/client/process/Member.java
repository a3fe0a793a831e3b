package dev.switchboard.client.process;

import dev.switchboard.client.HostPort;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/**
 * A place in a cluster whose process can be ended and replaced by a new one. Threads may ask; one
 * at a time ends and starts.
 */
public final class Member {
  private final String name;
  private final Optional<Interference> interference;
  private final IntFunction<Child> launch;
  private int starts = 1;
  private volatile Child child;

  /**
   * @param interference with what its processes are told by the system
   * @param launch starts a process; it is told how many there were before
   */
  Member(String name, Optional<Interference> interference, IntFunction<Child> launch) {
    this.name = name;
    this.interference = interference;
    this.launch = launch;
    this.child = launch.apply(0);
  }

  public String name() {
    return name;
  }

  public long pid() {
    return child.pid();
  }

  /** What its processes can be made to believe; empty if nothing. */
  public Optional<Interference> interference() {
    return interference;
  }

  /** Where it answers; empty while it does not. */
  public Optional<HostPort> address() {
    Child now = child;
    return now.alive()
        ? said(now.ready()).map(line -> HostPort.parse(line.field("address")))
        : Optional.empty();
  }

  /** Where others can join the grid; empty while there is none. */
  Optional<String> grid() {
    Child now = child;
    return now.alive() ? said(now.listening()).map(line -> line.field("grid")) : Optional.empty();
  }

  private static Optional<Announcement> said(CompletableFuture<Announcement> line) {
    return line.isDone() && !line.isCompletedExceptionally()
        ? Optional.of(line.join())
        : Optional.empty();
  }

  /** Ends the process as {@code kill -9} does, and waits until it is gone. */
  public void kill(Duration patience) {
    child.kill();
    await(child.ended(), "to be gone", patience);
  }

  /** Asks the process to end, as {@code kill} does, and waits until it is gone. */
  public void terminate(Duration patience) {
    child.terminate();
    await(child.ended(), "to end", patience);
  }

  /**
   * Waits until the process has ended by itself.
   *
   * @return its last words: its own last error, or its exit code
   */
  public String awaitEnd(Duration patience) {
    await(child.ended(), "to end", patience);
    return child.epitaph();
  }

  /** Its exit code; it has ended. */
  public int exitCode() {
    return child.exitCode();
  }

  /** When its process was started, of {@link System#nanoTime}. */
  public long startedNanos() {
    return child.startedNanos();
  }

  /** Starts a process in the place of the one that has ended; {@link #awaitReady} waits for it. */
  public void restart() {
    child = launch.apply(starts++);
  }

  /**
   * Waits until it can answer.
   *
   * @throws ClusterException with its own last error if it ends before, or after that time
   */
  public void awaitReady(Duration patience) {
    await(child.ready(), "to be ready", patience);
  }

  void awaitListening(Duration patience) {
    await(child.listening(), "to listen", patience);
  }

  private void await(CompletableFuture<?> future, String what, Duration patience) {
    try {
      future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new ClusterException(
          String.valueOf(Objects.requireNonNullElse(e.getCause(), e).getMessage()), e);
    } catch (TimeoutException e) {
      throw new ClusterException("waited too long for " + name + " " + what, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterException("interrupted while waiting for " + name + " " + what, e);
    }
  }
}
