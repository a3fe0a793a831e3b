package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.FinishReason;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.proto.v1.TokenLogprob;
import dev.switchboard.proto.v1.TokenizeRequest;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens in and out by their ids, of a model that brings no tokenizer. */
class GivenIdsTest {
  private static final List<Integer> PROMPT = List.of(5, 9, 17, 40, 3, 8, 21);

  @TempDir static Path folder;
  private static Model model;
  private static TestRouter router;

  @BeforeAll
  static void start() throws IOException {
    TinyModels.seeded(11).topK(2).write(folder);
    Files.delete(folder.resolve("tokenizer.json"));
    model = Model.open(folder);
    router = TestRouter.local(model);
  }

  @AfterAll
  static void stop() {
    router.close();
    model.close();
  }

  private static GenerateRequest.Builder request(int tokens) {
    return TestRouter.request("", tokens).setTokenIds(ids(PROMPT));
  }

  private static TokenIds ids(List<Integer> ids) {
    return TokenIds.newBuilder().addAllIds(ids).build();
  }

  @Test
  void theTextIsTheIds() {
    Answer answer = router.generate(request(5).build());
    List<String> ids = answer.ids().stream().map(String::valueOf).toList();
    assertThat(answer.text()).isEqualTo(String.join(" ", ids));
    assertThat(router.generate(TestRouter.request("", 1).build()).started().getPromptTokens())
        .as("an empty prompt begins a document")
        .isEqualTo(1);
    assertThat(router.generate(request(1).setLogprobs(2).build()).tokens().get(0).getTopList())
        .allSatisfy(top -> assertThat(top.getText()).isEqualTo(Integer.toString(top.getId())));
  }

  @Test
  void aTextIsRefused() {
    StatusRuntimeException generate =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> router.generate(TestRouter.request("a", 1).build()));
    StatusRuntimeException tokenize =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> router.inference().tokenize(TokenizeRequest.newBuilder().setText("a").build()));
    assertThat(List.of(generate, tokenize))
        .allSatisfy(refused -> {
          assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
          assertThat(refused.getStatus().getDescription()).contains("text", "no tokenizer");
        });
  }

  @Test
  void forcingWhatWouldBeChosenChangesNothing() {
    Answer chosen = router.generate(request(6).setLogprobs(4).build());
    Answer forced =
        router.generate(request(1).setLogprobs(4).setForceIds(ids(chosen.ids())).build());
    assertThat(forced.tokens()).isEqualTo(chosen.tokens());
    assertThat(forced.done().getLogitsSha256()).isEqualTo(chosen.done().getLogitsSha256());
    assertThat(forced.done().getReason()).isEqualTo(FinishReason.FINISH_REASON_LENGTH);
  }

  @Test
  void forcedTokensAreReportedAsIfDrawnAndNothingEndsThemEarly() {
    Answer chosen = router.generate(request(1).setLogprobs(266).build());
    List<Integer> force = List.of(0, 200, 0, 7);
    Answer forced =
        router.generate(
            request(2)
                .setForceIds(ids(force))
                .setLogprobs(266)
                .setIgnoreEos(false)
                .addEndTokenIds(200)
                .addStop("7")
                .build());
    assertThat(forced.ids()).isEqualTo(force);
    assertThat(forced.tokens().get(0).getTopList()).isEqualTo(chosen.tokens().get(0).getTopList());
    assertThat(forced.tokens())
        .allSatisfy(token ->
            assertThat(token.getTopList())
                .hasSize(266)
                .filteredOn(top -> top.getId() == token.getId())
                .extracting(TokenLogprob::getLogprob)
                .containsExactly(token.getLogprob()));
  }

  @Test
  void thePromptsLogitsAreTheSameInAnyChunks() {
    Answer plain = router.generate(request(3).build());
    float[] whole = logits(router.generate(request(3).setPromptLogits(true).build()), plain);
    for (int chunk : new int[] {1, 3}) {
      Answer cut =
          router.generate(request(3).setPromptLogits(true).setPromptChunkTokens(chunk).build());
      assertThat(logits(cut, plain)).containsExactly(whole);
    }
    int last = (PROMPT.size() - 1) * model.plan().vocabulary();
    assertThat(
            IntStream.range(0, model.plan().vocabulary())
                .boxed()
                .max(Comparator.comparing(id -> whole[last + id])))
        .hasValue(plain.ids().get(0));
  }

  /** The pieces in one array, once it is certain that the rest of the answer is as without them. */
  private static float[] logits(Answer answer, Answer plain) {
    assertThat(answer.tokens()).isEqualTo(plain.tokens());
    assertThat(answer.done().getLogitsSha256()).isEqualTo(plain.done().getLogitsSha256());
    FloatBuffer all = FloatBuffer.allocate(PROMPT.size() * model.plan().vocabulary());
    for (PromptLogits piece : answer.promptLogits()) {
      assertThat(piece.getVocabulary()).isEqualTo(model.plan().vocabulary());
      assertThat(piece.getFirst()).isEqualTo(all.position());
      ByteBuffer bytes = piece.getValues().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      all.put(bytes.asFloatBuffer());
    }
    assertThat(all.hasRemaining()).isFalse();
    return all.array();
  }
}
