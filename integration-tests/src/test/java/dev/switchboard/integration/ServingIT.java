package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.FinishReason;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.Sampling;
import dev.switchboard.proto.v1.TokenIds;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What a client of a healthy cluster sees: a stream, an end to every request, counters that add up.
 */
class ServingIT {
  private static final TestCluster CLUSTER = Shared.twoNodes();

  @Test
  void tokensComeOneByOneAndTheirTextAddsUp() {
    GenerateRequest request = Generation.greedy(Models.prompt(12), 40).build();
    Iterator<GenerateEvent> events = CLUSTER.inference().generate(request);

    GenerateEvent first = events.next();
    assertThat(first.getStarted().getPromptTokens()).isEqualTo(12);
    assertThat(first.getStarted().getRequestId()).isNotBlank();
    events.forEachRemaining(event -> assertThat(event.hasStarted()).isFalse());

    Generation whole = Generation.run(CLUSTER.channel(), request);
    assertThat(whole.tokens()).hasSize(40);
    assertThat(whole.tokens())
        .allSatisfy(token -> assertThat(token.getExpertsCount()).isEqualTo(Models.LAYERS));
    assertThat(whole.done().getReason()).isEqualTo(FinishReason.FINISH_REASON_LENGTH);
    assertThat(whole.done().getPromptTokens()).isEqualTo(12);
    assertThat(whole.done().getGeneratedTokens()).isEqualTo(40);
  }

  @Test
  void theFirstTokenComesLongBeforeTheLast() {
    GenerateRequest request = Generation.greedy(Models.prompt(12), 1000).build();
    long begun = System.nanoTime();
    long[] firstAt = new long[1];
    Generation.run(
        CLUSTER.channel(),
        request,
        count -> {
          if (count == 1) {
            firstAt[0] = System.nanoTime() - begun;
          }
        });
    assertThat(firstAt[0]).isLessThan((System.nanoTime() - begun) / 4);
  }

  @Test
  void theSameSeedDrawsTheSameTextAndTheSeedIsEchoed() {
    Sampling sampling = Sampling.newBuilder().setTemperature(0.9f).setTopK(20).setSeed(7).build();
    GenerateRequest request = Generation.greedy(Models.prompt(9), 30).setSampling(sampling).build();
    Generation first = Generation.run(CLUSTER.channel(), request);
    Generation second = Generation.run(CLUSTER.channel(), request);
    Sampling another = sampling.toBuilder().setSeed(8).build();
    Generation third =
        Generation.run(CLUSTER.channel(), request.toBuilder().setSampling(another).build());

    assertThat(second.text()).isEqualTo(first.text());
    assertThat(first.done().getSeed()).isEqualTo(7);
    assertThat(third.tokens()).isNotEqualTo(first.tokens());

    Sampling drawn = Sampling.newBuilder().setTemperature(0.9f).build();
    Generation free =
        Generation.run(CLUSTER.channel(), request.toBuilder().setSampling(drawn).build());
    Sampling again = drawn.toBuilder().setSeed(free.done().getSeed()).build();
    Generation replay =
        Generation.run(CLUSTER.channel(), request.toBuilder().setSampling(again).build());
    assertThat(replay.tokens()).isEqualTo(free.tokens());
  }

  @Test
  void cancellingFreesTheRequestWithinAStep() {
    GenerateRequest request = Generation.greedy(Models.prompt(12), 2000).build();
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() -> {
      Iterator<GenerateEvent> events = CLUSTER.inference().generate(request);
      for (int i = 0; i < 20; i++) {
        events.next();
      }
      assertThat(running()).isEqualTo(1);
      context.cancel(null);
    });
    Eventually.holds("nothing runs", Duration.ofSeconds(1), () -> running() == 0);
    long routed = CLUSTER.status().getTokensRouted();
    Eventually.holds(
        "the counter of tokens rests",
        Duration.ofSeconds(5),
        () -> CLUSTER.status().getTokensRouted() - routed <= 50 && settled());
  }

  private static int running() {
    return CLUSTER.status().getRouters(0).getRunningRequests();
  }

  @Test
  void aDeadlineEndsTheRequest() {
    GenerateRequest request = Generation.greedy(Models.prompt(12), 2000).build();
    long begun = System.nanoTime();
    StatusRuntimeException failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                InferenceGrpc.newBlockingStub(CLUSTER.channel())
                    .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                    .generate(request)
                    .forEachRemaining(event -> {}));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(1));
    Eventually.holds("nothing runs", Duration.ofSeconds(1), () -> running() == 0);
  }

  @Test
  void statusAddsUpToTheTokensRouted() {
    Eventually.holds("the counters rest", Duration.ofSeconds(5), ServingIT::settled);
    ClusterStatus before = CLUSTER.status();
    Generation.run(CLUSTER.channel(), Generation.greedy(Models.prompt(25), 40).build());
    // The last token is chosen but never read: 25 of the prompt and 39 of the 40 made.
    Eventually.holds(
        "64 tokens are counted",
        Duration.ofSeconds(5),
        () -> CLUSTER.status().getTokensRouted() - before.getTokensRouted() == 64);

    ClusterStatus after = CLUSTER.status();
    assertThat(settled()).isTrue();
    tokensByLayer(after)
        .forEach((layer, tokens) ->
            assertThat(tokens - tokensByLayer(before).get(layer))
                .as("layer %d", layer)
                .isEqualTo(64L * after.getTopK()));
    assertThat(after.getExpertMultiplyAdds() - before.getExpertMultiplyAdds())
        .isEqualTo(
            (after.getAllExpertsMultiplyAdds() - before.getAllExpertsMultiplyAdds())
                / Models.EXPERTS);
    assertThat(after.getNodesCount()).isEqualTo(2);
    assertThat(after.getRoutersCount()).isEqualTo(1);
  }

  /** Every layer has counted every routed token once. */
  private static boolean settled() {
    ClusterStatus status = CLUSTER.status();
    long expected = status.getTokensRouted() * status.getTopK();
    return tokensByLayer(status).values().stream().allMatch(tokens -> tokens == expected);
  }

  private static Map<Integer, Long> tokensByLayer(ClusterStatus status) {
    Map<Integer, Long> tokens = new LinkedHashMap<>();
    for (ExpertLoad load : status.getExpertsList()) {
      tokens.merge(load.getLayer(), load.getTokens(), Long::sum);
    }
    return tokens;
  }

  @Test
  void routeTellsTheExpertsWithoutGenerating() {
    TokenIds.Builder ids = TokenIds.newBuilder();
    for (int id : Models.prompt(33)) {
      ids.addIds(id);
    }
    RouteRequest request = RouteRequest.newBuilder().setTokenIds(ids).setPerToken(true).build();
    var reply = CLUSTER.inference().route(request);
    assertThat(reply.getTokens()).isEqualTo(33);
    assertThat(reply.getRoutedCount()).isEqualTo(33);
    assertThat(reply.getCallsList().stream().mapToLong(c -> c.getTokens()).sum())
        .isEqualTo(33L * Models.LAYERS);
    assertThat(CLUSTER.inference().route(request)).isEqualTo(reply);
  }
}
