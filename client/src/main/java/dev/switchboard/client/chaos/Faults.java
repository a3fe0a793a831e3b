package dev.switchboard.client.chaos;

import dev.switchboard.client.process.ClusterException;
import dev.switchboard.client.process.FaultyCluster;
import dev.switchboard.client.process.Interference;
import dev.switchboard.client.process.Member;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Does to a cluster what a {@link Fault} says, and undoes it. One thread. */
final class Faults {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long RESET_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(400);
  private static final int LOSS_PERMILLE = 50;
  private static final int CORRUPT_PERMILLE = 20;
  private static final int LEAST_JUMP_SECONDS = 10;
  private static final int MOST_JUMP_SECONDS = 3600;

  private static final String HANG = "kill -STOP %1$d; sleep %2$s; kill -CONT %1$d";
  private static final String SLOW =
      "i=0; while [ $i -lt %3$d ]; do kill -STOP %1$d; sleep .09; kill -CONT %1$d; sleep .01; i=$((i+1)); done";

  private final FaultyCluster cluster;
  private final List<Relay> relays;
  private final BooleanSupplier wholeWithoutOne;

  /**
   * @param relays before each node; empty if nothing stands before them
   * @param wholeWithoutOne waits until the other nodes hold everything
   */
  Faults(FaultyCluster cluster, List<Relay> relays, BooleanSupplier wholeWithoutOne) {
    this.cluster = cluster;
    this.relays = List.copyOf(relays);
    this.wholeWithoutOne = wholeWithoutOne;
  }

  String victim(Fault fault) {
    String name = member(fault).name();
    return fault.kind() == FaultKind.TWO_AT_ONCE
        ? name + ", " + member(other(fault)).name() + " " + other(fault).kind().word()
        : name;
  }

  private Member member(Fault fault) {
    List<Member> all = new ArrayList<>(fault.kind().ofRouter() ? List.of() : cluster.nodes());
    all.addAll(cluster.routers());
    return all.get(fault.victim());
  }

  /** What is done beside the killing of a router. */
  private Fault other(Fault fault) {
    Random random = new Random(fault.seed());
    List<FaultKind> kinds = new ArrayList<>();
    kinds.add(FaultKind.NODE_KILLED);
    kinds.add(FaultKind.NODE_HUNG);
    kinds.add(FaultKind.NODE_SLOW);
    if (!relays.isEmpty()) {
      kinds.add(FaultKind.PARTITIONED);
      kinds.add(FaultKind.PACKETS_LOST);
    }
    return new Fault(
        kinds.get(random.nextInt(kinds.size())),
        random.nextInt(cluster.nodes().size()),
        Duration.ZERO,
        fault.lasts(),
        random.nextLong());
  }

  /**
   * Begins, waits while it lasts, and ends it; processes that it ended are back then.
   *
   * @throws ClusterException if one did not end, or come back, as it should have
   */
  void run(Fault fault) {
    Member member = member(fault);
    switch (fault.kind()) {
      case NODE_KILLED, ROUTER_KILLED -> {
        member.kill(PATIENCE);
        again(member);
      }
      case NODE_RESTARTED -> {
        member.terminate(PATIENCE);
        again(member);
      }
      case NODE_LOST -> lose(member);
      case NODE_OUT_OF_MEMORY -> starve(member);
      case NODE_HUNG -> shell(HANG, fault);
      case NODE_SLOW -> shell(SLOW, fault);
      case CLOCK_JUMPED -> jump(member, fault);
      case DISK_FULL -> fill(member, fault);
      case TWO_AT_ONCE -> two(member, fault);
      case CONNECTION_RESET -> reset(fault);
      case PACKETS_LOST -> disturb(fault, losing(), losing());
      case PARTITIONED -> disturb(fault, Weather.CUT, Weather.CUT);
      case PARTITIONED_TO_NODE -> disturb(fault, Weather.CUT, Weather.FAIR);
      case PARTITIONED_FROM_NODE -> disturb(fault, Weather.FAIR, Weather.CUT);
      case CORRUPTED -> disturb(fault, corrupting(), corrupting());
    }
  }

  private static void again(Member member) {
    member.restart();
    member.awaitReady(PATIENCE);
  }

  private void lose(Member member) {
    member.kill(PATIENCE);
    boolean whole = wholeWithoutOne.getAsBoolean();
    again(member);
    if (!whole) {
      throw new ClusterException("the other nodes did not take over what it held");
    }
  }

  private static void starve(Member member) {
    Hunger.feed(member.pid());
    String words = member.awaitEnd(PATIENCE);
    int code = member.exitCode();
    again(member);
    if (code != Hunger.EXIT_CODE) {
      throw new ClusterException(
          "without memory it ended with %d, expected %d: %s"
              .formatted(code, Hunger.EXIT_CODE, words));
    }
  }

  private static Interference told(Member member) {
    return member
        .interference()
        .orElseThrow(() -> new ClusterException(member.name() + " believes what is so alone"));
  }

  private static void jump(Member member, Fault fault) {
    Random random = new Random(fault.seed());
    Duration ahead = Duration.ofSeconds(random.nextInt(LEAST_JUMP_SECONDS, MOST_JUMP_SECONDS));
    told(member).clock(random.nextBoolean() ? ahead : ahead.negated());
    try {
      pause(fault.lasts().toNanos());
    } finally {
      told(member).clock(Duration.ZERO);
    }
  }

  private static void fill(Member member, Fault fault) {
    told(member).diskFull(true);
    try {
      pause(fault.lasts().toNanos() / 2);
      member.kill(PATIENCE);
      again(member);
      pause(fault.lasts().toNanos() / 2);
    } catch (ClusterException e) {
      told(member).diskFull(false);
      again(member);
      throw e;
    } finally {
      told(member).diskFull(false);
    }
  }

  private void two(Member router, Fault fault) {
    Fault beside = other(fault);
    CompletableFuture<Void> done =
        CompletableFuture.runAsync(
            () -> run(beside), work -> Thread.ofPlatform().daemon().name("fault").start(work));
    router.kill(PATIENCE);
    again(router);
    try {
      done.join();
    } catch (CompletionException e) {
      throw new ClusterException(String.valueOf(e.getCause()), e);
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
