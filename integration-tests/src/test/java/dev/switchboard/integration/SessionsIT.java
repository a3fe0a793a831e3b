package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.SessionPlace;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** Conversations that go on at another router after {@code kill -9} of the one they were at. */
class SessionsIT {
  private static final int GENERATED = 200;
  private static final int LONG_PROMPT = 12_000;

  /** Every router has the same key; snapshots come often, so that half a prompt has some. */
  private static Path settings() {
    try {
      Path file = Path.of("target", "sessions.yaml").toAbsolutePath();
      return Files.writeString(
          file,
          """
          grid: {stateKey: %s}
          router: {sessionSnapshotTokens: 512, expertDeadline: 20s}
          """
              .formatted("5a".repeat(32)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Shape shape() {
    return Shape.of(Models.mamba(), 2).routerOptions("--config", settings().toString());
  }

  private static Launched another(TestCluster cluster) {
    Launched router =
        Launched.start(
            "router-2",
            "router",
            "--model",
            Models.mamba().toString(),
            "--cluster",
            cluster.name(),
            "--join",
            cluster.grid(),
            "--nodes",
            "2",
            "--exit-with-parent",
            "--config",
            settings().toString());
    router.announces("ready", TestCluster.START);
    return router;
  }

  /** What came of a request until its end, or until its router died. */
  private record Part(SessionPlace place, List<GeneratedToken> tokens) {
    static Part of(ManagedChannel channel, GenerateRequest request, IntPredicate onToken) {
      Iterator<GenerateEvent> events =
          InferenceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(180, TimeUnit.SECONDS)
              .withWaitForReady()
              .generate(request);
      SessionPlace place = SessionPlace.getDefaultInstance();
      List<GeneratedToken> tokens = new ArrayList<>();
      try {
        while (events.hasNext()) {
          GenerateEvent event = events.next();
          if (event.hasStarted()) {
            place = event.getStarted().getSession();
          } else if (event.hasToken()) {
            tokens.add(event.getToken());
          } else {
            continue;
          }
          if (onToken.test(tokens.size())) {
            break;
          }
        }
      } catch (StatusRuntimeException dead) {
        assertThat(dead.getStatus().getCode()).isEqualTo(io.grpc.Status.Code.UNAVAILABLE);
      }
      return new Part(place, tokens);
    }

    List<Integer> ids() {
      return tokens.stream().map(GeneratedToken::getId).toList();
    }
  }

  @Test
  void aRouterKilledWhileItGeneratesIsFollowedByAnother() {
    GenerateRequest plain = Generation.greedy(Models.prompt(600), GENERATED).build();
    try (TestCluster cluster = TestCluster.start(shape());
        Launched second = another(cluster)) {
      Generation undisturbed = Generation.run(cluster.channel(), plain);
      ManagedChannel other = TestCluster.channelTo(address(second));
      GenerateRequest.Builder turn = plain.toBuilder().setSessionId("generating");
      Part begin =
          Part.of(
              cluster.channel(),
              turn.build(),
              count -> {
                if (count == 90) {
                  cluster.router().kill();
                }
                return count == 90;
              });
      long killed = System.nanoTime();
      Part rest =
          Part.of(
              other,
              turn.setSessionTurn(1).setReceivedTokens(begin.tokens().size()).build(),
              count -> {
                if (count == 1) {
                  print("next token at another router", System.nanoTime() - killed);
                }
                return false;
              });
      List<GeneratedToken> all = new ArrayList<>(begin.tokens());
      all.addAll(rest.tokens());
      assertThat(new Part(rest.place(), all).ids())
          .isEqualTo(undisturbed.tokens().stream().map(GeneratedToken::getId).toList());
      assertThat(rest.place().getStateTokens()).isPositive();
      other.shutdownNow();
    }
  }

  @Test
  void aRouterKilledWhileItReadsIsFollowedByAnotherThatReadsTheRest() {
    GenerateRequest plain = Generation.greedy(Models.prompt(LONG_PROMPT), 20).build();
    try (TestCluster cluster = TestCluster.start(shape());
        Launched second = another(cluster)) {
      ManagedChannel other = TestCluster.channelTo(address(second));
      GenerateRequest turn = plain.toBuilder().setSessionId("reading").build();
      Thread killer =
          Thread.ofPlatform()
              .start(() -> {
                Eventually.holds(
                    "a part is read",
                    Duration.ofSeconds(60),
                    () -> prefill(cluster) > LONG_PROMPT / 3);
                cluster.router().kill();
              });
      Part begin = Part.of(cluster.channel(), turn, count -> false);
      join(killer);
      assertThat(begin.tokens()).as("killed before it had read all").isEmpty();
      long killed = System.nanoTime();
      Part rest = Part.of(other, turn, count -> false);
      print("the answer at another router", System.nanoTime() - killed);
      assertThat(rest.place().getStateTokens()).isBetween(512L, (long) LONG_PROMPT - 1);
      assertThat(rest.ids())
          .isEqualTo(
              Generation.run(other, plain).tokens().stream().map(GeneratedToken::getId).toList());
      other.shutdownNow();
    }
  }

  private static long prefill(TestCluster cluster) {
    return cluster.status().getRouters(0).getEngine().getPromptTokens();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void print(String what, long nanos) {
    System.out.println(what + " after " + nanos / 1_000_000 + " ms");
  }

  private static String address(Launched router) {
    return router.announces("ready", TestCluster.START).get("address").asText();
  }
}
