package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.DetokenizeRequest;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.Sampling;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.proto.v1.TokenizeReply;
import dev.switchboard.proto.v1.TokenizeRequest;
import dev.switchboard.router.testing.TestRouter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What cannot be answered is refused by the name of its field, with what was given and what may be.
 */
class BadRequestsTest {
  @TempDir static Path folder;
  private static Model model;
  private static TestRouter router;

  @BeforeAll
  static void start() {
    model = Model.open(TinyModels.seeded(2).write(folder));
    router =
        TestRouter.local(
            model,
            "router.maxPromptTokens",
            "50",
            "router.maxNewTokens",
            "100",
            "router.maxContextTokens",
            "120",
            "router.maxMessageBytes",
            "64KiB");
  }

  @AfterAll
  static void stop() {
    router.close();
    model.close();
  }

  private static Arguments wrong(Consumer<GenerateRequest.Builder> change, String... message) {
    return Arguments.of(change, message);
  }

  private static Arguments sampling(Consumer<Sampling.Builder> change, String... message) {
    return wrong(request -> change.accept(request.getSamplingBuilder()), message);
  }

  static Stream<Arguments> requests() {
    return Stream.of(
        wrong(r -> r.clearText(), "prompt", "none of text, token_ids and chat"),
        wrong(r -> r.setText("é".repeat(60)), "text", "120", "50"),
        wrong(r -> r.setTokenIds(ids(5, 266)), "token_ids[1] is 266", "0 to 265"),
        wrong(r -> r.setTokenIds(ids(-1)), "token_ids[0] is 4294967295"),
        wrong(r -> r.setMaxTokens(101), "max_tokens", "101", "100"),
        wrong(r -> r.setMaxTokens(-1), "max_tokens", "4294967295"),
        wrong(
            r -> r.setTokenIds(ids(new int[30])).setMaxTokens(91),
            "max_tokens: the prompt has 30 tokens and 91 may follow; together at most 120",
            "router.maxContextTokens"),
        wrong(
            r -> r.setTokenIds(ids(new int[30])).setForceIds(ids(new int[91])),
            "force_ids: the prompt has 30 tokens and 91 may follow"),
        wrong(r -> r.addStop("a").addStop(""), "stop[1]", "empty"),
        wrong(r -> r.addStop("x".repeat(2000)), "stop[0]", "2000", "1024"),
        wrong(r -> r.addAllStop(Collections.nCopies(65, "a")), "stop", "65", "64"),
        wrong(r -> r.addEndTokenIds(9999), "end_token_ids[0] is 9999"),
        wrong(r -> r.setLogprobs(1025), "logprobs", "1025", "1024"),
        wrong(r -> r.setForceIds(ids(5, 266)), "force_ids[1] is 266", "0 to 265"),
        wrong(r -> r.setForceIds(ids()), "force_ids is empty"),
        wrong(r -> r.setForceIds(ids(new int[101])), "force_ids", "101", "100"),
        wrong(r -> r.setRequestId("x".repeat(257)), "request_id", "257"),
        sampling(s -> s.setTemperature(Float.NaN), "sampling.temperature is NaN", "0 to 100"),
        sampling(s -> s.setTemperature(-1), "sampling.temperature is -1.0"),
        sampling(s -> s.setTemperature(Float.POSITIVE_INFINITY), "sampling.temperature"),
        sampling(s -> s.setTopP(1.5f), "sampling.top_p is 1.5"),
        sampling(s -> s.setTopP(Float.NaN), "sampling.top_p is NaN"),
        sampling(s -> s.setMinP(-0.1f), "sampling.min_p is -0.1"),
        sampling(s -> s.setRepetitionPenalty(-1), "sampling.repetition_penalty is -1.0"),
        sampling(s -> s.setPresencePenalty(3), "sampling.presence_penalty is 3.0"),
        sampling(s -> s.setFrequencyPenalty(Float.NaN), "sampling.frequency_penalty is NaN"));
  }

  private static TokenIds ids(int... ids) {
    TokenIds.Builder tokens = TokenIds.newBuilder();
    for (int id : ids) {
      tokens.addIds(id);
    }
    return tokens.build();
  }

  @ParameterizedTest
  @MethodSource("requests")
  void isRefusedByName(Consumer<GenerateRequest.Builder> change, String... message) {
    GenerateRequest.Builder request = TestRouter.request("a", 2);
    change.accept(request);
    StatusRuntimeException failure =
        catchThrowableOfType(StatusRuntimeException.class, () -> router.generate(request.build()));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(failure.getStatus().getDescription()).contains(message);
  }

  @Test
  void anAnswerWithoutALengthOfItsOwnEndsWithTheContext() {
    GenerateRequest request =
        TestRouter.request("", 0).setTokenIds(ids(new int[30])).setMaxTokens(0).build();
    assertThat(router.generate(request).tokens()).hasSize(90);
  }

  @Test
  void routeAndDetokenizeCheckToo() {
    assertThat(
            catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> router.inference().route(RouteRequest.getDefaultInstance()))
                .getStatus()
                .getDescription())
        .contains("input");
    assertThat(
            catchThrowableOfType(
                    StatusRuntimeException.class,
                    () ->
                        router
                            .inference()
                            .detokenize(DetokenizeRequest.newBuilder().addIds(9999).build()))
                .getStatus()
                .getDescription())
        .contains("ids[0] is 9999");
  }

  @Test
  void aMessageThatIsTooLargeIsRefusedWithItsSize() {
    StatusRuntimeException failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> router.generate(TestRouter.request("a".repeat(100_000), 1).build()));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(failure.getStatus().getDescription()).contains("65536");
  }

  @Test
  void zeroStandsForTheLimitAndLargeChunksForAWholeStep() {
    assertThat(
            router
                .generate(TestRouter.request("a", 0).setPromptChunkTokens(1_000_000).build())
                .done()
                .getGeneratedTokens())
        .isEqualTo(100);
  }

  @Test
  void tokenizesThereAndBack() {
    TokenizeReply reply =
        router.inference().tokenize(TokenizeRequest.newBuilder().setText("print(é)").build());
    assertThat(reply.getPiecesList()).hasSameSizeAs(reply.getIdsList()).startsWith("print", "(");
    assertThat(
            router
                .inference()
                .detokenize(DetokenizeRequest.newBuilder().addAllIds(reply.getIdsList()).build())
                .getText())
        .isEqualTo("print(é)");
  }
}
