package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.Sampling;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that a router refuses, by name, while it goes on serving others. */
class BadRequestsIT {
  private static final TestCluster CLUSTER = Shared.twoNodes();
  private static final GenerateRequest GOOD = Generation.greedy(Models.prompt(8), 4).build();

  @AfterEach
  void othersAreServed() {
    assertThat(Generation.run(CLUSTER.channel(), GOOD).tokens()).hasSize(4);
  }

  static List<Arguments> bad() {
    return List.of(
        refused("no prompt", GenerateRequest.newBuilder().setMaxTokens(4).build(), "prompt"),
        refused(
            "token id",
            Generation.greedy(new int[] {Models.VOCABULARY}, 4).build(),
            "" + Models.VOCABULARY),
        refused("negative id", Generation.greedy(new int[] {-1}, 4).build(), "token"),
        refused("negative tokens", GOOD.toBuilder().setMaxTokens(-1).build(), "max_tokens"),
        refused("NaN temperature", sampling(s -> s.setTemperature(Float.NaN)), "temperature"),
        refused("negative temperature", sampling(s -> s.setTemperature(-1)), "temperature"),
        refused("top_p", sampling(s -> s.setTopP(2)), "top_p"),
        refused("min_p", sampling(s -> s.setMinP(-0.5f)), "min_p"));
  }

  private static Arguments refused(String name, GenerateRequest request, String names) {
    return Arguments.of(name, request, names);
  }

  private static GenerateRequest sampling(
      java.util.function.UnaryOperator<Sampling.Builder> change) {
    return GOOD.toBuilder().setSampling(change.apply(Sampling.newBuilder())).build();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bad")
  void refusedByName(String name, GenerateRequest request, String names) {
    StatusRuntimeException failure = failure(request);
    assertThat(failure.getStatus().getCode())
        .as(failure.toString())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(
            failure
                .getStatus()
                .getDescription()
                .replace("-", "_")
                .replace("topP", "top_p")
                .replace("minP", "min_p"))
        .containsIgnoringCase(names);
  }

  @Test
  void anEmptyPromptBeginsADocument() {
    GenerateRequest empty = Generation.greedy("", 4).build();
    assertThat(Generation.run(CLUSTER.channel(), empty).done().getPromptTokens()).isEqualTo(1);
  }

  @Test
  void aPromptBeyondTheLimitIsRefused() {
    int limit =
        CLUSTER
            .inference()
            .describeModel(dev.switchboard.proto.v1.DescribeModelRequest.getDefaultInstance())
            .getMaxPromptTokens();
    StatusRuntimeException failure =
        failure(Generation.greedy(Models.prompt(limit + 1), 1).build());
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(failure.getStatus().getDescription()).contains("" + limit, "" + (limit + 1));
  }

  @Test
  void aMessageBeyondTheLimitIsRefused() {
    RouteRequest huge = RouteRequest.newBuilder().setText("x".repeat(80 << 20)).build();
    StatusRuntimeException failure =
        catchThrowableOfType(StatusRuntimeException.class, () -> CLUSTER.inference().route(huge));
    assertThat(failure.getStatus().getCode())
        .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED);
  }

  private static StatusRuntimeException failure(GenerateRequest request) {
    return catchThrowableOfType(
        StatusRuntimeException.class,
        () -> CLUSTER.inference().generate(request).forEachRemaining(event -> {}));
  }
}
