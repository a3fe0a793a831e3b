package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.integration.Fleet.Start;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.ListExpertsRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A ninth expert at two routers that share no folder, on nodes that can read neither router's: each
 * has a working directory of its own, and the folder's path leads there.
 */
class SeveralRoutersExpertIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final GenerateRequest REQUEST = Generation.greedy(Models.prompt(12), 40).build();

  /** Another folder in every process. */
  private static final String OWN = "/proc/self/cwd/gates";

  @TempDir private Path folder;
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Set<String> digests = ConcurrentHashMap.newKeySet();
  private final AtomicInteger answers = new AtomicInteger();
  private volatile boolean over;

  private List<String> in(String name) throws IOException {
    return List.of("env", "--chdir=" + Files.createDirectories(folder.resolve(name)));
  }

  @Test
  void whatOneRouterWasGivenAllHaveAndNodesAreSentIt() throws Exception {
    Path expert = folder.resolve("go");
    GrownModels.write(Models.ffn(), expert, "go");
    Path settings =
        Files.writeString(
            folder.resolve("router.yaml"),
            "router: {gates: %s, gateGuardShare: 0, gateGuardLoss: 0}".formatted(OWN));
    try (Fleet fleet = new Fleet(Map.of("SWITCHBOARD_LOG", "INFO"))) {
      Start routers = Start.of(Models.ffn(), "--config", settings.toString(), "--nodes", "2");
      Launched one = fleet.router("router-1", routers.under(in("one")));
      Launched other = fleet.router("router-2", routers.under(in("other")));
      Launched a = fleet.node("a", Start.of(Models.ffn(), "--weights", "cluster").under(in("a")));
      Launched b = fleet.node("b", Start.of(Models.ffn()).under(in("b")));
      Fleet.ready(one, other, a, b);
      String own = Generation.run(fleet.channel(one), REQUEST).digest();
      List<Thread> streams = List.of(stream(fleet, one), stream(fleet, other));
      goOn();

      JsonNode added =
          Commands.json(fleet, one, "expert", "add", expert.toString(), "--share", "0.5");
      String version = added.get("gateVersion").asText();
      Commands.json(fleet, other, "gate", "promote", version);
      for (Launched router : List.of(one, other)) {
        Eventually.holds(
            "new requests are routed by the new gates",
            SOON,
            () ->
                Generation.run(fleet.channel(router), REQUEST)
                    .done()
                    .getGateVersion()
                    .equals(version));
      }
      String grown = Generation.run(fleet.channel(one), REQUEST).digest();
      assertThat(grown).isNotEqualTo(own);
      assertThat(Generation.run(fleet.channel(other), REQUEST).digest()).isEqualTo(grown);
      assertThat(a.err() + b.err()).contains("expert go").contains("came from a router");
      goOn();

      Commands.json(fleet, other, "expert", "remove", "go");
      for (Launched router : List.of(one, other)) {
        Eventually.holds("it is gone", SOON, () -> !names(fleet, router).contains("go"));
        assertThat(Generation.run(fleet.channel(router), REQUEST).digest()).isEqualTo(own);
      }
      goOn();
      over = true;
      for (Thread thread : streams) {
        thread.join(SOON);
      }
      assertThat(failures).isEmpty();
      assertThat(digests).contains(own, grown).hasSize(2);
    }
  }

  private static List<String> names(Fleet fleet, Launched router) {
    return ClusterGrpc.newBlockingStub(fleet.channel(router))
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .listExperts(ListExpertsRequest.getDefaultInstance())
        .getExpertsList()
        .stream()
        .map(ExpertEntry::getName)
        .toList();
  }

  private Thread stream(Fleet fleet, Launched router) {
    return Thread.ofPlatform()
        .name("stream")
        .start(() -> {
          while (!over && failures.isEmpty()) {
            try {
              digests.add(Generation.run(fleet.channel(router), REQUEST).digest());
              answers.incrementAndGet();
            } catch (RuntimeException | AssertionError e) {
              failures.add(e);
            }
          }
        });
  }

  private void goOn() {
    int before = answers.get();
    Eventually.holds(
        "answers go on", SOON, () -> answers.get() >= before + 6 || !failures.isEmpty());
  }
}
