package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.integration.Fleet.Start;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.VersionStatus;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Two versions of the weights, of the arithmetic and of the protocol in one grid, while half of it
 * is replaced by the other half and somebody asks all the time.
 */
class UpgradeIT {
  private static final int STREAMS = 4;
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final GenerateRequest REQUEST = Generation.greedy(Models.prompt(12), 40).build();
  private static final String NEXT =
      "-Dswitchboard.arithmeticVersion=77 -Dswitchboard.protocols=3-4";

  private final List<Launched> routers = new CopyOnWriteArrayList<>();
  private final Map<Launched, Set<String>> digests = new ConcurrentHashMap<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answers = new AtomicInteger();
  private volatile boolean over;

  @Test
  void halfOfTheClusterIsReplacedAndEachRequestStaysOnOneVersion() throws InterruptedException {
    try (Fleet fleet = new Fleet(Map.of())) {
      Start old = Start.of(Models.ffn());
      Start next = Start.of(Models.ffnNext()).java(NEXT);
      Launched first = fleet.router("old-router", old);
      Launched a = fleet.node("old-a", old);
      // The same version, and a protocol newer: both speak 3.
      Launched b = fleet.node("old-b", old.java("-Dswitchboard.protocols=3-4"));
      // Old weights, other arithmetic: nobody's.
      Launched odd = fleet.node("odd", old.java("-Dswitchboard.arithmeticVersion=78"));
      Fleet.ready(first, a, b);
      Eventually.holds(
          "both have their part",
          SOON,
          () -> fleet.status(first).getComplete() && parts(fleet, first) == 2);
      String before = Generation.run(fleet.channel(first), REQUEST).digest();
      assertThat(Fleet.node(fleet.status(first), b).getProtocol()).isEqualTo(3);
      routers.add(first);
      List<Thread> streams = stream(fleet);
      goOn();

      Launched c = fleet.node("next-c", next);
      Launched d = fleet.node("next-d", next);
      Launched second = fleet.router("next-router", next);
      Fleet.ready(second, c, d);
      String after = Generation.run(fleet.channel(second), REQUEST).digest();
      assertThat(after).isNotEqualTo(before);
      routers.add(second);
      goOn();
      versionsAreTold(fleet.status(first), first, second);
      versionsAreTold(fleet.status(second), second, first);
      assertThat(odd.err()).contains("no router is of its version", "arithmetic 78");
      assertThat(odd.hasAnnounced("ready")).isFalse();

      routers.remove(first);
      first.signal("TERM");
      assertThat(first.exit(SOON)).isEqualTo(143);
      goOn();
      for (Launched node : List.of(a, b)) {
        node.signal("TERM");
        assertThat(node.exit(SOON)).isEqualTo(143);
      }
      goOn();
      over = true;
      for (Thread thread : streams) {
        thread.join(SOON);
      }
      assertThat(failures).isEmpty();
      assertThat(digests.get(first)).containsExactly(before);
      assertThat(digests.get(second)).containsExactly(after);
      Eventually.holds(
          "the old version is gone", SOON, () -> fleet.status(second).getVersionsCount() == 2);
    }
  }

  private static long parts(Fleet fleet, Launched router) {
    return fleet.status(router).getNodesList().stream().filter(n -> n.getUnitsHeld() > 0).count();
  }

  private static void versionsAreTold(ClusterStatus status, Launched own, Launched other) {
    assertThat(status.getVersionsList()).hasSize(3);
    VersionStatus mine = status.getVersions(0);
    assertThat(mine.getServedHere()).isTrue();
    assertThat(mine.getRouters()).isEqualTo(1);
    assertThat(mine.getNodes()).isEqualTo(2);
    assertThat(mine.getHolders()).isEqualTo(2);
    assertThat(status.getNodesList()).hasSize(2);
    assertThat(status.getRoutersList()).extracting(r -> r.getPid()).containsExactly(own.pid());
    assertThat(own.pid()).isNotEqualTo(other.pid());
    Optional<VersionStatus> nobodys =
        status.getVersionsList().stream().filter(v -> v.getRouters() == 0).findFirst();
    assertThat(nobodys.orElseThrow().getArithmetic()).startsWith("78");
    assertThat(nobodys.get().getHolders()).isZero();
  }

  private List<Thread> stream(Fleet fleet) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      int begin = i;
      threads.add(Thread.ofPlatform().name("stream-" + i).start(() -> ask(fleet, begin)));
    }
    return threads;
  }

  /** As a good client: a router that refuses before it has begun is left for another. */
  private void ask(Fleet fleet, int begin) {
    int turn = begin;
    while (!over) {
      Launched router = routers.get(Math.floorMod(turn++, routers.size()));
      AtomicInteger tokens = new AtomicInteger();
      try {
        Generation answer = Generation.run(fleet.channel(router), REQUEST, tokens::set);
        digests.computeIfAbsent(router, r -> ConcurrentHashMap.newKeySet()).add(answer.digest());
        answers.incrementAndGet();
      } catch (StatusRuntimeException refused) {
        boolean leaves = refused.getStatus().getCode() == Status.Code.UNAVAILABLE;
        if (!leaves || tokens.get() > 0 || routers.contains(router)) {
          failures.add(refused);
          return;
        }
      } catch (RuntimeException | AssertionError e) {
        failures.add(e);
        return;
      }
    }
  }

  private void goOn() {
    int before = answers.get();
    Eventually.holds(
        "answers go on", SOON, () -> answers.get() >= before + 2 * STREAMS || !failures.isEmpty());
  }
}
