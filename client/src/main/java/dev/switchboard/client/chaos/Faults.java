package dev.switchboard.client.chaos;

import dev.switchboard.client.process.FaultyCluster;
import dev.switchboard.client.process.Member;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Does to a cluster what a {@link Fault} says, and undoes it. One thread. */
final class Faults {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long RESET_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(400);
  private static final int LOSS_PERMILLE = 50;
  private static final int CORRUPT_PERMILLE = 20;

  private final FaultyCluster cluster;
  private final List<Relay> relays;

  /**
   * @param relays before each node; empty if nothing stands before them
   */
  Faults(FaultyCluster cluster, List<Relay> relays) {
    this.cluster = cluster;
    this.relays = List.copyOf(relays);
  }

  String victim(Fault fault) {
    return member(fault).name();
  }

  private Member member(Fault fault) {
    return (fault.kind().ofRouter() ? cluster.routers() : cluster.nodes()).get(fault.victim());
  }

  /** Begins, waits while it lasts, and ends it; processes that it ended are back then. */
  void run(Fault fault) {
    Member member = member(fault);
    switch (fault.kind()) {
      case NODE_KILLED, ROUTER_KILLED -> {
        member.kill(PATIENCE);
        member.restart();
        member.awaitReady(PATIENCE);
      }
      case NODE_RESTARTED -> {
        member.terminate(PATIENCE);
        member.restart();
        member.awaitReady(PATIENCE);
      }
      case NODE_HUNG -> shell("kill -STOP %1$d; sleep %2$s; kill -CONT %1$d", fault);
      case NODE_SLOW ->
          shell(
              "i=0; while [ $i -lt %3$d ]; do kill -STOP %1$d; sleep .09; kill -CONT %1$d; sleep .01; i=$((i+1)); done",
              fault);
      case CONNECTION_RESET -> reset(fault);
      case PACKETS_LOST -> disturb(fault, losing(), losing());
      case PARTITIONED -> disturb(fault, Weather.CUT, Weather.CUT);
      case PARTITIONED_TO_NODE -> disturb(fault, Weather.CUT, Weather.FAIR);
      case PARTITIONED_FROM_NODE -> disturb(fault, Weather.FAIR, Weather.CUT);
      case CORRUPTED -> disturb(fault, corrupting(), corrupting());
    }
  }

  private static Weather losing() {
    return Weather.losing(LOSS_PERMILLE);
  }

  private static Weather corrupting() {
    return Weather.corrupting(CORRUPT_PERMILLE);
  }

  private void disturb(Fault fault, Weather towards, Weather back) {
    Relay relay = relays.get(fault.victim());
    relay.weather(towards, back);
    pause(fault.lasts().toNanos());
    relay.weather(Weather.FAIR, Weather.FAIR);
  }

  /** One message ends its connection, then all is fair for a moment. */
  private void reset(Fault fault) {
    Relay relay = relays.get(fault.victim());
    boolean towards = true;
    for (long left = fault.lasts().toNanos(); left > 0; left -= RESET_EVERY_NANOS) {
      relay.weather(
          towards ? Weather.RESETTING : Weather.FAIR, towards ? Weather.FAIR : Weather.RESETTING);
      pause(RESET_EVERY_NANOS / 8);
      relay.weather(Weather.FAIR, Weather.FAIR);
      pause(RESET_EVERY_NANOS * 7 / 8);
      towards = !towards;
    }
  }

  /** A script that lets the process go on at its end, also where this process has ended before. */
  private void shell(String script, Fault fault) {
    double seconds = fault.lasts().toMillis() / 1e3;
    String filled =
        script.formatted(
            member(fault).pid(),
            String.format(Locale.ROOT, "%.2f", seconds),
            Math.round(10 * seconds));
    try {
      new ProcessBuilder("sh", "-c", filled)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run a shell", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static void pause(long nanos) {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0 && !Thread.interrupted(); left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
