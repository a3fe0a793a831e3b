package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.FakeNode.Mood;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Experts on nodes that come, go, err and keep silent: the answer stays the same, or its end is
 * clear.
 */
class RemoteRouterTest {
  private static final GenerateRequest REQUEST = TestRouter.request("print(on)", 16).build();

  @TempDir static Path folder;
  private static Model model;
  private static Answer alone;
  private final FakeGrid grid = new FakeGrid();
  private final List<FakeNode> nodes = new ArrayList<>();

  @BeforeAll
  static void openModel() {
    model = Model.open(TinyModels.seeded(11).topK(2).write(folder));
    try (TestRouter router = TestRouter.local(model)) {
      alone = router.generate(REQUEST);
    }
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  private FakeNode node(String id, Integer... held) {
    FakeNode node = FakeNode.start(id, model, held);
    nodes.add(node);
    return node;
  }

  private TestRouter router(String... settings) {
    return TestRouter.remote(model, grid, nodes, settings);
  }

  @AfterEach
  void closeNodes() {
    nodes.forEach(FakeNode::close);
  }

  @BeforeEach
  void noNodes() {
    assertThat(nodes).isEmpty();
  }

  private static void assertUndisturbed(Answer answer) {
    assertThat(answer.done().getLogitsSha256()).isEqualTo(alone.done().getLogitsSha256());
    assertThat(answer.tokens()).isEqualTo(alone.tokens());
    assertThat(answer.text()).isEqualTo(alone.text());
  }

  private static StatusRuntimeException failure(TestRouter router) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> router.generate(REQUEST));
  }

  @Test
  void anyNumberOfNodesGivesTheBitsOfOneProcess() {
    node("a", 0, 2);
    node("b", 1, 3);
    node("c", 0, 1, 2, 3);
    try (TestRouter router = router()) {
      assertUndisturbed(router.generate(REQUEST));
      List<CompletableFuture<Answer>> together = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        int chunk = i + 1;
        together.add(
            CompletableFuture.supplyAsync(
                () -> router.generate(REQUEST.toBuilder().setPromptChunkTokens(chunk).build())));
      }
      together.forEach(answer -> assertUndisturbed(answer.join()));
    }
  }

  @Test
  @Timeout(120)
  void aReplicaThatDiesInMidGenerationIsNotNoticed() {
    FakeNode dying = node("a", 0, 1, 2, 3);
    node("b", 0, 1, 2, 3);
    try (TestRouter router = router()) {
      for (int batches = 1; batches <= 9; batches += 4) {
        dying.dieAfter(batches);
        // Back from its last death the node is sent to again once its link is.
        do {
          assertUndisturbed(router.generate(REQUEST));
        } while (!dying.dead());
        if (batches < 9) {
          dying.comeBack();
        }
      }
    }
  }

  @Test
  void theLastReplicaLostEndsTheRequestByNameAndItsReturnIsEnough() {
    node("a", 0, 1, 2);
    FakeNode only = node("b", 3);
    try (TestRouter router = router()) {
      assertUndisturbed(router.generate(REQUEST));
      only.die();
      long start = System.nanoTime();
      StatusRuntimeException failure = failure(router);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.getStatus().getDescription())
          .containsPattern("expert " + model.expertName(3) + " \\(layer \\d, expert 3\\)")
          .contains("node b at 127.0.0.1");
      only.comeBack();
      assertUndisturbed(eventually(router));
    }
  }

  @Test
  void aNodeThatLeftTheViewIsSaidToBeGone() {
    node("a", 0, 1, 2);
    FakeNode only = node("b", 3);
    try (TestRouter router = router()) {
      grid.lose(only.id());
      assertThat(failure(router).getStatus().getDescription())
          .contains(model.expertName(3))
          .contains("no live node holds it");
      grid.announce(only.info());
      assertUndisturbed(eventually(router));
    }
  }

  @Test
  void groupsThatAreRefusedGoToAnotherReplica() {
    node("a", 0, 1, 2, 3).mood(Mood.REFUSE);
    node("b", 0, 1, 2, 3);
    try (TestRouter router = router()) {
      assertUndisturbed(router.generate(REQUEST));
    }
  }

  @Test
  void anAnswerOfTheWrongShapeIsNoAnswer() {
    node("a", 0, 1, 2, 3).mood(Mood.SHORT);
    FakeNode good = node("b", 0, 1, 2, 3);
    try (TestRouter router = router()) {
      assertUndisturbed(router.generate(REQUEST));
      good.mood(Mood.SHORT);
      StatusRuntimeException failure = failure(router);
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.getStatus().getDescription()).contains("an answer of shape");
    }
  }

  @Test
  void aSilentNodeCostsItsDeadlineAndNoMore() {
    FakeNode silent = node("a", 0, 1, 2, 3);
    FakeNode other = node("b", 0, 1, 2, 3);
    try (TestRouter router = router("router.expertDeadline", "2s")) {
      silent.mood(Mood.SILENT);
      assertUndisturbed(router.generate(REQUEST.toBuilder().setPromptChunkTokens(64).build()));
      other.mood(Mood.SILENT);
      long start = System.nanoTime();
      StatusRuntimeException failure = failure(router);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.getStatus().getDescription()).contains("did not answer in time");
    }
  }

  @Test
  @Timeout(120)
  void anotherArithmeticIsRefusedByNameAndTheOthersServe() {
    node("a", 0, 1, 2, 3);
    try (TestRouter router = router()) {
      FakeNode other = node("b", 0, 1, 2, 3).arithmetic(Arithmetic.VERSION + 1);
      grid.announce(other.info());
      assertUndisturbed(router.generate(REQUEST));
      assertThat(other.batches()).isZero();
      grid.lose("a");
      String refusal = "do not agree: arithmetic version";
      StatusRuntimeException failure = failure(router);
      // The greeting may still be under way.
      while (!String.valueOf(failure.getStatus().getDescription()).contains(refusal)) {
        failure = failure(router);
      }
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.getStatus().getDescription()).contains("node b at 127.0.0.1");
    }
  }

  @Test
  void oneRequestsLossLeavesTheOthersAlone() {
    node("a", 0, 1, 2);
    FakeNode dying = node("b", 3);
    try (TestRouter router = router()) {
      // Which requests need expert 3 is the model's affair: each must end one way or the other.
      dying.dieAfter(6);
      List<CompletableFuture<String>> ends = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        GenerateRequest request = TestRouter.request("text " + i * 31, 12).build();
        ends.add(CompletableFuture.supplyAsync(() -> end(router, request)));
      }
      assertThat(ends.stream().map(CompletableFuture::join))
          .allMatch(end -> end.equals("DONE") || end.startsWith("UNAVAILABLE"))
          .anyMatch(end -> end.contains(model.expertName(3)));
    }
  }

  private static String end(TestRouter router, GenerateRequest request) {
    try {
      router.generate(request);
      return "DONE";
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() + " " + e.getStatus().getDescription();
    }
  }

  @Test
  void statusAddsUpOverFailuresAndCountsTheNodesOwnRows() {
    node("a", 0, 1);
    FakeNode dying = node("b", 2, 3);
    try (TestRouter router = router()) {
      router.generate(REQUEST);
      ClusterStatus healthy = router.status();
      assertThat((double) healthy.getExpertMultiplyAdds() / healthy.getAllExpertsMultiplyAdds())
          .isEqualTo(0.5);
      assertThat(healthy.getNodesList()).hasSize(2).allMatch(n -> n.getRows() > 0);
      dying.die();
      failure(router);
      ClusterStatus after = router.status();
      Map<Integer, Long> byLayer =
          after.getExpertsList().stream()
              .collect(
                  Collectors.groupingBy(
                      ExpertLoad::getLayer, Collectors.summingLong(ExpertLoad::getTokens)));
      assertThat(byLayer.values()).containsOnly(after.getTokensRouted() * 2);
    }
  }

  /** Asks again until the link is back: the router gets no other sign than its node. */
  private static Answer eventually(TestRouter router) {
    long patience = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      try {
        return router.generate(REQUEST);
      } catch (StatusRuntimeException e) {
        if (System.nanoTime() - patience > 0) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  @Test
  @Timeout(120)
  void statefulExpertsRemember(@TempDir Path other) {
    try (Model stateful = Model.open(TinyModels.seeded(5).mambaExperts().write(other))) {
      Answer local;
      try (TestRouter router = TestRouter.local(stateful)) {
        local = router.generate(REQUEST);
      }
      FakeNode first = FakeNode.start("a", stateful, 0, 1, 2, 3);
      FakeNode second = FakeNode.start("b", stateful, 0, 1, 2, 3);
      nodes.addAll(List.of(first, second));
      try (TestRouter router = TestRouter.remote(stateful, grid, List.of(first, second))) {
        Answer remote = router.generate(REQUEST.toBuilder().setPromptChunkTokens(2).build());
        assertThat(remote.done().getLogitsSha256()).isEqualTo(local.done().getLogitsSha256());
        // Nobody waits for a release: it comes soon after the answer.
        while (first.sequences() + second.sequences() > 0) {
          Thread.onSpinWait();
        }
        assertThat(first.released().size() + second.released().size()).isPositive();
        Iterator<GenerateEvent> events =
            router.inference().generate(TestRouter.request("print(on)", 4000).build());
        events.next();
        first.die();
        second.die();
        StatusRuntimeException failure =
            catchThrowableOfType(
                StatusRuntimeException.class, () -> events.forEachRemaining(event -> {}));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(failure.getStatus().getDescription())
            .contains("the state of the sequence was there");
      }
    }
  }
}
