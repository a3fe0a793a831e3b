package dev.switchboard.router;

import static dev.switchboard.router.testing.Asks.ask;
import static dev.switchboard.router.testing.Asks.ids;
import static dev.switchboard.router.testing.Asks.joined;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Mixers on nodes, of recurrent models and hybrids: the answer of one process, nodes lost or not.
 */
@Timeout(120)
class RemoteMixersTest {
  private static final Path GOLDEN = Path.of("../model/src/test/resources/golden/hf");
  private static final GenerateRequest REQUEST =
      TestRouter.request("", 24)
          .setTokenIds(
              TokenIds.newBuilder()
                  .addAllIds(IntStream.range(0, 33).map(i -> 5 + i * 7 % 200).boxed().toList()))
          .build();

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "mamba2", "jamba", "granitemoehybrid", "nemotron_h"})
  void aNodeWithMixersIsLostAndTheAnswerIsThatOfOneProcess(String family) {
    Answer alone;
    try (Model model = Model.open(GOLDEN.resolve(family));
        TestRouter router = TestRouter.local(model)) {
      alone = router.generate(REQUEST);
    }
    FakeGrid grid = new FakeGrid();
    try (Model model = Model.open(GOLDEN.resolve(family));
        FakeNode dying = FakeNode.holdingAll("a", model);
        FakeNode other = FakeNode.holdingAll("b", model);
        TestRouter router =
            TestRouter.remote(
                model,
                grid,
                List.of(dying, other),
                "router.mixers",
                "nodes",
                "router.replayTokens",
                "9")) {
      same(router.generate(REQUEST), alone);
      // Where a state begins is a matter of chance and load: until the one that dies had some.
      for (int more = 60; other.given() == 0 && more < 200; more += 23) {
        if (dying.dead()) {
          dying.comeBack();
        }
        dying.dieAfter(more);
        do {
          same(router.generate(REQUEST.toBuilder().setPromptChunkTokens(5).build()), alone);
        } while (!dying.dead());
      }
      assertThat(other.given()).isPositive();
      other.die();
      StatusRuntimeException failure =
          catchThrowableOfType(StatusRuntimeException.class, () -> router.generate(REQUEST));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.getStatus().getDescription()).contains("no replica is left of");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "jamba"})
  void aConversationGoesOnWhereMixersAreElsewhere(String family) {
    String[] keyed = {"grid.stateKey", "5a".repeat(32)};
    FakeGrid grid = new FakeGrid();
    Answer first;
    Answer second;
    try (Model model = Model.open(GOLDEN.resolve(family));
        FakeNode node = FakeNode.holdingAll("a", model);
        TestRouter router =
            TestRouter.remote(
                model, grid, List.of(node), keyed[0], keyed[1], "router.mixers", "nodes")) {
      first = router.generate(ask(ids(1, 40), 5).setSessionId("s").build());
    }
    try (Model model = Model.open(GOLDEN.resolve(family));
        TestRouter router = TestRouter.local(model, grid, keyed)) {
      second = turn(router, 2);
      assertThat(second.tokens()).isEqualTo(whole(router, ids(1, 40), first.ids(), ids(2, 8)));
    }
    try (Model model = Model.open(GOLDEN.resolve(family));
        FakeNode node = FakeNode.holdingAll("a", model);
        TestRouter router =
            TestRouter.remote(
                model, grid, List.of(node), keyed[0], keyed[1], "router.mixers", "nodes")) {
      assertThat(turn(router, 3).tokens())
          .isEqualTo(whole(router, ids(1, 40), first.ids(), ids(2, 8), second.ids(), ids(3, 8)));
    }
  }

  private static Answer turn(TestRouter router, int seed) {
    Answer answer = router.generate(ask(ids(seed, 8), 5).setSessionId("s").build());
    assertThat(answer.started().getSession().getStateTokens())
        .as("all but the last token were in the state")
        .isEqualTo(answer.started().getSession().getTokens() - 1);
    return answer;
  }

  @SafeVarargs
  private static List<GeneratedToken> whole(TestRouter router, List<Integer>... parts) {
    return router.generate(ask(joined(parts), 5).build()).tokens();
  }

  private static void same(Answer answer, Answer expected) {
    assertThat(answer.tokens()).isEqualTo(expected.tokens());
    assertThat(answer.done().getLogitsSha256()).isEqualTo(expected.done().getLogitsSha256());
  }
}
