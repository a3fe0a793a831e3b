package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.ExpertsGrpc;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.RoutedToken;
import dev.switchboard.proto.v1.RunExpertsReply;
import dev.switchboard.proto.v1.RunExpertsRequest;
import dev.switchboard.proto.v1.Tensor;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.TestRouter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What gates read can be had, and what experts make of it. */
class ExpertsByThemselvesTest {
  private static final List<Integer> PROMPT = List.of(5, 9, 17, 40, 3, 8, 21);

  @TempDir static Path folder;
  private static Model model;
  private static TestRouter router;

  @BeforeAll
  static void start() {
    TinyModels.seeded(11).topK(2).write(folder);
    model = Model.open(folder);
    router = TestRouter.local(model);
  }

  @AfterAll
  static void stop() {
    router.close();
    model.close();
  }

  private static RouteReply route() {
    RouteRequest.Builder request = RouteRequest.newBuilder().setPerToken(true).setGateInputs(true);
    return router
        .inference()
        .route(request.setTokenIds(TokenIds.newBuilder().addAllIds(PROMPT)).build());
  }

  private static RunExpertsReply run(RunExpertsRequest.Builder request) {
    return ExpertsGrpc.newBlockingStub(router.channel())
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .runExperts(request.build());
  }

  private static RunExpertsRequest.Builder request(LayerChoice choice, int... experts) {
    int d = model.plan().dModel();
    return RunExpertsRequest.newBuilder()
        .setModelFingerprint(model.fingerprint())
        .setLayer(choice.getLayer())
        .setPerRow(experts.length)
        .addAllExperts(Arrays.stream(experts).boxed().toList())
        .setRows(
            Tensor.newBuilder()
                .setDtype(DType.DTYPE_F32)
                .addShape(1)
                .addShape(d)
                .setData(choice.getInput()));
  }

  private static float[] floats(ByteString bytes) {
    float[] values = new float[bytes.size() / Float.BYTES];
    ByteBuffer little = bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    little.asFloatBuffer().get(values);
    return values;
  }

  @Test
  void answersAreThoseOfTheExperts() {
    RouteReply reply = route();
    assertThat(reply.getRoutedList()).hasSize(PROMPT.size());
    for (RoutedToken token : reply.getRoutedList()) {
      LayerChoice choice = token.getExperts(1);
      float[] input = floats(choice.getInput());
      assertThat(input).hasSize(model.plan().dModel());

      float[] outputs = floats(run(request(choice, 2, 0)).getOutputs().getData());

      assertThat(outputs).hasSize(2 * input.length);
      assertThat(Arrays.copyOf(outputs, input.length)).isEqualTo(alone(choice, 2, input));
      assertThat(Arrays.copyOfRange(outputs, input.length, outputs.length))
          .isEqualTo(alone(choice, 0, input));
    }
    assertThat(router.inference().route(RouteRequest.newBuilder().setText("a").build()))
        .as("later requests are served as before")
        .extracting(RouteReply::getTokens)
        .isNotNull();
  }

  @Test
  void expertsOnNodesAnswerAlike() {
    LayerChoice choice = route().getRouted(3).getExperts(0);
    RunExpertsReply here = run(request(choice, 3, 1));
    try (FakeNode node = FakeNode.holdingAll("a", model);
        TestRouter remote = TestRouter.remote(model, new FakeGrid(), List.of(node))) {
      RunExpertsReply there =
          ExpertsGrpc.newBlockingStub(remote.channel())
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .runExperts(request(choice, 3, 1).build());
      assertThat(there).isEqualTo(here);
    }
  }

  private static float[] alone(LayerChoice choice, int index, float[] input) {
    Expert expert = model.loadExpert(choice.getLayer(), index);
    float[] output = new float[input.length];
    expert.forward(input, 0, 1, ExpertState.NONE, output, 0, new Scratch());
    return output;
  }

  @Test
  void refusesByName() {
    LayerChoice choice = route().getRouted(0).getExperts(0);
    refused(choice, r -> r.setLayer(77), "layer: 77 has no experts");
    refused(choice, r -> r.setPerRow(0), "experts: 2 for 1 rows of 0");
    refused(choice, r -> r.setPerRow(1), "experts: 2 for 1 rows of 1");
    refused(choice, r -> r.setExperts(1, 99), "experts: 99 in row 0");
    refused(choice, r -> r.setExperts(1, r.getExperts(0)), "none twice");
    refused(choice, r -> r.getRowsBuilder().setShape(1, 3), "expected F32 [1 to 4096, ");
    refused(choice, r -> r.getRowsBuilder().setShape(0, 1 << 30), "expected F32 [1 to 4096, ");
    ByteString infinite =
        ByteString.copyFrom(new byte[] {0, 0, (byte) 0x80, 0x7f})
            .concat(choice.getInput().substring(4));
    refused(choice, r -> r.getRowsBuilder().setData(infinite), "NaN or infinity");
    assertThatThrownBy(() -> run(request(choice, 0).setModelFingerprint("other")))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining("this router serves");
    assertThatThrownBy(() ->
            router
                .inference()
                .route(RouteRequest.newBuilder().setText("a").setGateInputs(true).build()))
        .hasMessageContaining("gate_inputs: wants per_token");
  }

  private static void refused(
      LayerChoice choice, Consumer<RunExpertsRequest.Builder> change, String why) {
    RunExpertsRequest.Builder request = request(choice, 0, 1);
    change.accept(request);
    assertThatThrownBy(() -> run(request))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
        .hasMessageContaining(why);
  }
}
