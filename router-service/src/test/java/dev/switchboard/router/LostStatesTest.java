package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** States of experts that are lost with their node, or dropped by it: the answer stays the same. */
@Timeout(120)
class LostStatesTest {
  private static final GenerateRequest REQUEST = TestRouter.request("print(on)", 60).build();

  @TempDir static Path folder;
  private static Model model;
  private static Answer alone;
  private final FakeGrid grid = new FakeGrid();
  private final List<FakeNode> nodes = new ArrayList<>();

  @BeforeAll
  static void openModel() {
    model = Model.open(TinyModels.seeded(5).topK(2).mambaExperts().write(folder));
    try (TestRouter router = TestRouter.local(model)) {
      alone = router.generate(REQUEST);
    }
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @AfterEach
  void closeNodes() {
    nodes.forEach(FakeNode::close);
  }

  private FakeNode node(String id) {
    FakeNode node = FakeNode.start(id, model, 0, 1, 2, 3);
    nodes.add(node);
    return node;
  }

  private static void assertUndisturbed(Answer answer) {
    assertThat(answer.tokens()).isEqualTo(alone.tokens());
    assertThat(answer.done().getLogitsSha256()).isEqualTo(alone.done().getLogitsSha256());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 4096})
  void aNodeThatDiesTakesNothingAlong(int replayTokens) {
    FakeNode dying = node("a");
    node("b");
    try (TestRouter router =
        TestRouter.remote(model, grid, nodes, "router.replayTokens", replayTokens + "")) {
      for (int batches : new int[] {1, 2, 9, 40, 77}) {
        dying.dieAfter(batches);
        int given = nodes.get(1).given();
        do {
          assertUndisturbed(
              router.generate(REQUEST.toBuilder().setPromptChunkTokens(1 + batches % 5).build()));
        } while (!dying.dead());
        assertThat(batches < 9 || nodes.get(1).given() > given).isTrue();
        dying.comeBack();
      }
    }
  }

  @Test
  void severalRequestsAreRebuiltTogether() {
    FakeNode dying = node("a");
    node("b");
    try (TestRouter router = TestRouter.remote(model, grid, nodes, "router.replayTokens", "5")) {
      dying.dieAfter(70);
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
  void whatANodeDroppedIsRebuiltThere() {
    FakeNode only = node("a");
    try (TestRouter router = TestRouter.remote(model, grid, nodes, "router.replayTokens", "7")) {
      Iterator<GenerateEvent> events = router.inference().generate(REQUEST);
      List<Object> tokens = new ArrayList<>();
      String digest = "";
      while (events.hasNext()) {
        GenerateEvent event = events.next();
        if (event.hasToken()) {
          tokens.add(event.getToken());
          only.forgetStates();
        }
        digest = event.getDone().getLogitsSha256();
      }
      assertThat(tokens).isEqualTo(alone.tokens());
      assertThat(digest).isEqualTo(alone.done().getLogitsSha256());
      assertThat(only.given()).isPositive();
    }
  }

  @Test
  void withoutMemoryForCopiesALostStateEndsItsRequestByName() {
    node("a");
    node("b");
    try (TestRouter router = TestRouter.remote(model, grid, nodes, "router.stateCopyBytes", "1")) {
      assertUndisturbed(router.generate(REQUEST));
      nodes.forEach(node -> node.dieAfter(30));
      StatusRuntimeException failure =
          catchThrowableOfType(StatusRuntimeException.class, () -> router.generate(REQUEST));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.getStatus().getDescription())
          .contains("the state of the sequence was there");
    }
  }
}
