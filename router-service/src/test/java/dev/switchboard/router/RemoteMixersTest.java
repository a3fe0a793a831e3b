package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.proto.v1.GenerateRequest;
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
      dying.dieAfter(60);
      do {
        same(router.generate(REQUEST.toBuilder().setPromptChunkTokens(5).build()), alone);
      } while (!dying.dead());
      assertThat(other.given()).isPositive();
      other.die();
      StatusRuntimeException failure =
          catchThrowableOfType(StatusRuntimeException.class, () -> router.generate(REQUEST));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.getStatus().getDescription()).contains("no replica is left of");
    }
  }

  private static void same(Answer answer, Answer expected) {
    assertThat(answer.tokens()).isEqualTo(expected.tokens());
    assertThat(answer.done().getLogitsSha256()).isEqualTo(expected.done().getLogitsSha256());
  }
}
