package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.RouterStatus;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.FakeNode.Mood;
import dev.switchboard.router.testing.TestRouter;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that do not end by themselves: cancelled, late, unread, too many, or their router stops.
 */
class RequestEndsTest {
  private static final GenerateRequest LONG = TestRouter.request("print", 4096).build();

  @TempDir static Path folder;
  private static Model model;

  @BeforeAll
  static void openModel() {
    model = Model.open(TinyModels.seeded(3).write(folder));
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  private static RouterStatus own(TestRouter router) {
    return router.status().getRouters(0);
  }

  /** Polls the router's own state; each poll is a call, so this does not spin. */
  private static void until(BooleanSupplier condition) {
    long patience = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - patience).as("waited too long").isNegative();
    }
  }

  @Test
  void aCancelledRequestIsFreed() {
    try (TestRouter router = TestRouter.local(model, "router.maxNewTokens", "1000000")) {
      GenerateRequest endless = LONG.toBuilder().setMaxTokens(1_000_000).build();
      Context.CancellableContext context = Context.current().withCancellation();
      context.run(() -> {
        Iterator<GenerateEvent> events = router.inference().generate(endless);
        events.next();
        events.next();
      });
      assertThat(own(router).getRunningRequests()).isEqualTo(1);
      context.cancel(null);
      until(() -> own(router).getRunningRequests() == 0);
    }
  }

  @Test
  void aDeadlineEndsARequestWhoseExpertsAreSilent() {
    FakeGrid grid = new FakeGrid();
    try (FakeNode node = FakeNode.start("a", model, 0, 1, 2, 3);
        TestRouter router =
            TestRouter.remote(model, grid, List.of(node), "router.expertDeadline", "10s")) {
      node.mood(Mood.SILENT);
      long start = System.nanoTime();
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  router
                      .inference()
                      .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                      .generate(LONG)
                      .forEachRemaining(event -> {}));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
      // The step ends first: its experts have ten seconds.
      node.die();
      until(() -> own(router).getRunningRequests() == 0);
    }
  }

  @Test
  void theRoutersOwnDeadlineHoldsForCallersWithoutOne() {
    try (TestRouter router =
        TestRouter.local(
            model,
            "router.requestDeadline",
            "300ms",
            "router.expertDeadline",
            "100ms",
            "router.maxNewTokens",
            "16777216")) {
      GenerateRequest endless = LONG.toBuilder().setMaxTokens(16_000_000).build();
      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  dev.switchboard.proto.v1.InferenceGrpc.newBlockingStub(router.channel())
                      .generate(endless)
                      .forEachRemaining(event -> {}));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(failure.getStatus().getDescription()).contains("while it was generating");
    }
  }

  /** Takes what it is told to. */
  private static final class SlowReader
      implements ClientResponseObserver<GenerateRequest, GenerateEvent> {
    final CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCallStreamObserver<GenerateRequest> call;
    int events;

    @Override
    public void beforeStart(ClientCallStreamObserver<GenerateRequest> stream) {
      call = stream;
      stream.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(GenerateEvent event) {
      events++;
    }

    @Override
    public void onError(Throwable problem) {
      end.complete(Status.fromThrowable(problem));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }

  /** Large events, so that few of them fill the client's window, the transport and the buffer. */
  private static GenerateRequest large(int tokens) {
    return LONG.toBuilder().setMaxTokens(tokens).setLogprobs(64).build();
  }

  @Test
  void aSlowReaderPausesItsRequestAlone() {
    try (TestRouter router = TestRouter.local(model, "router.maxNewTokens", "1000000")) {
      SlowReader reader = new SlowReader();
      router.async().generate(large(1_000_000), reader);
      long[] passes = {-1, 0};
      // Every step takes a token of every request that is not paused: 30 tokens and no other mean
      // that one is.
      until(() -> {
        passes[0] = own(router).getTokensRouted();
        int prompt = router.generate(TestRouter.request("x", 30).build()).done().getPromptTokens();
        passes[1] = own(router).getTokensRouted();
        return passes[1] - passes[0] == prompt + 29;
      });
      assertThat(own(router).getRunningRequests()).isEqualTo(1);
      reader.call.cancel("seen enough", null);
      until(() -> own(router).getRunningRequests() == 0);
    }
  }

  @Test
  void aReaderThatCatchesUpGetsEveryToken() {
    try (TestRouter router = TestRouter.local(model)) {
      SlowReader reader = new SlowReader();
      router.async().generate(large(400), reader);
      router.generate(TestRouter.request("x", 50).build());
      reader.call.request(5000);
      Status end = reader.end.orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(end.isOk()).as("%s after %s events", end, reader.events).isTrue();
      assertThat(reader.events).isEqualTo(400 + 2);
    }
  }

  @Test
  void tooManyRequestsAreRefusedAtOnce() {
    try (TestRouter router =
        TestRouter.local(
            model,
            "router.maxSequences",
            "1",
            "router.queue",
            "1",
            "router.maxNewTokens",
            "1000000")) {
      GenerateRequest endless = LONG.toBuilder().setMaxTokens(1_000_000).build();
      List<SlowReader> readers = IntStream.range(0, 3).mapToObj(i -> new SlowReader()).toList();
      readers.forEach(reader -> router.async().generate(endless, reader));
      Status refused =
          (Status)
              CompletableFuture.anyOf(
                      readers.stream().map(r -> r.end).toArray(CompletableFuture[]::new))
                  .orTimeout(60, TimeUnit.SECONDS)
                  .join();
      assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refused.getDescription()).contains("1 requests run and 1 wait");
      assertThat(own(router).getQueuedRequests()).isEqualTo(1);
    }
  }

  @Test
  void aRouterThatStopsSaysSo() {
    TestRouter router = TestRouter.local(model, "router.maxNewTokens", "1000000");
    SlowReader reader = new SlowReader();
    router.async().generate(LONG.toBuilder().setMaxTokens(1_000_000).build(), reader);
    until(() -> own(router).getRunningRequests() == 1);
    reader.call.request(1_000_000);
    router.router().stop(Duration.ofMillis(50));
    Status end = reader.end.orTimeout(30, TimeUnit.SECONDS).join();
    assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(end.getDescription()).isEqualTo("router is stopping");
    router.close();
  }
}
