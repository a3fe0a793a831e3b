package dev.switchboard.proto.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.NodeDescription;
import dev.switchboard.proto.v1.Tensor;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real server on loopback, called by plain generated stubs. */
class GrpcServersTest {
  private final EventLoops loops = EventLoops.start("test-net", 1);
  private RunningServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    server =
        GrpcServers.start(
            new ServerSpec("127.0.0.1", 0, 1 << 20, Runnable::run, List.of(echo())), loops);
    channel = GrpcChannels.open("127.0.0.1", server.port(), 1 << 20, loops);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
    loops.close();
  }

  /** Answers each batch with its own rows, and a malformed one as the nodes do. */
  private static io.grpc.ServerServiceDefinition echo() {
    ExpertNodeGrpc.AsyncService unary =
        new ExpertNodeGrpc.AsyncService() {
          @Override
          public void describe(DescribeRequest request, StreamObserver<NodeDescription> answer) {
            answer.onNext(NodeDescription.newBuilder().setNodeId("echo").build());
            answer.onCompleted();
          }
        };
    return ExpertNodeMethods.bind(unary, Echo::new);
  }

  private record Echo(StreamObserver<ExpertResultFrame> answer)
      implements StreamObserver<ExpertBatchFrame> {
    @Override
    public void onNext(ExpertBatchFrame batch) {
      if (batch.malformed().isPresent()) {
        answer.onError(
            Status.INVALID_ARGUMENT.withDescription(batch.malformed().get()).asRuntimeException());
        return;
      }
      ExpertResult header = ExpertResult.newBuilder().setId(batch.header().getId()).build();
      answer.onNext(new ExpertResultFrame(header, (TensorRows) batch.activations()));
    }

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {
      answer.onCompleted();
    }
  }

  @Test
  void aPeerWithPlainStubsIsUnderstood() throws Exception {
    Tensor tensor = FrameCodecTest.tensor(TensorRows.f32(2, 3, new float[] {1, 2, 3, 4, 5, 6}));
    ExpertResult result = process(ExpertBatch.newBuilder().setId(5).setActivations(tensor).build());
    assertThat(result.getId()).isEqualTo(5);
    assertThat(result.getOutputs()).isEqualTo(tensor.toBuilder().setChecked(true).build());
    assertThat(result.getCrc32C()).isNotZero();
  }

  @Test
  void rowsOfMoreThanOneNetworkBufferArriveWhole() throws Exception {
    float[] values = new float[200_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 0.5f;
    }
    Tensor tensor = FrameCodecTest.tensor(TensorRows.f32(200, 1000, values));
    Tensor back = process(ExpertBatch.newBuilder().setActivations(tensor).build()).getOutputs();
    assertThat(back.getShapeList()).isEqualTo(tensor.getShapeList());
    assertThat(back.getData().equals(tensor.getData())).isTrue();
  }

  @Test
  void aMalformedBatchIsAnInvalidArgument() {
    Tensor wrong =
        Tensor.newBuilder()
            .addShape(3)
            .setDtype(DType.DTYPE_F32)
            .setData(ByteString.copyFrom(new byte[12]))
            .build();
    assertStatus(
        ExpertBatch.newBuilder().setActivations(wrong).build(),
        Status.Code.INVALID_ARGUMENT,
        "[rows, width]");
  }

  @Test
  void aMessageLargerThanAllowedIsResourceExhausted() {
    Tensor large = FrameCodecTest.tensor(TensorRows.f32(300, 1000, new float[300_000]));
    assertStatus(
        ExpertBatch.newBuilder().setActivations(large).build(),
        Status.Code.RESOURCE_EXHAUSTED,
        "1048576");
  }

  @Test
  void healthFollowsWhatTheProcessSays() {
    HealthGrpc.HealthBlockingStub health =
        HealthGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    HealthCheckRequest node =
        HealthCheckRequest.newBuilder().setService("switchboard.v1.ExpertNode").build();
    assertThat(health.check(node).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    server.setServing(true);
    assertThat(health.check(node).getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void reflectionListsTheServices() throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> ask =
        ServerReflectionGrpc.newStub(channel).serverReflectionInfo(first(answer));
    ask.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(answer.get(20, TimeUnit.SECONDS).getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .contains("switchboard.v1.ExpertNode", "grpc.health.v1.Health");
  }

  @Test
  void otherMethodsOfTheServiceAreServedToo() {
    NodeDescription node =
        ExpertNodeGrpc.newBlockingStub(channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .describe(DescribeRequest.getDefaultInstance());
    assertThat(node.getNodeId()).isEqualTo("echo");
  }

  @Test
  void aPortInUseIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ServerSpec spec = ServerSpec.onLoopback(taken.getLocalPort());
      assertThatThrownBy(() -> GrpcServers.start(spec, loops))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": the port is in use");
    }
  }

  @Test
  void stoppingCutsOffWhatDoesNotEnd() throws Exception {
    CompletableFuture<ExpertResult> answer = new CompletableFuture<>();
    StreamObserver<ExpertBatch> stream = ExpertNodeGrpc.newStub(channel).process(first(answer));
    stream.onNext(ExpertBatch.getDefaultInstance());
    answer.get(20, TimeUnit.SECONDS);
    assertThat(server.stop(Duration.ofMillis(20))).isFalse();
  }

  private ExpertResult process(ExpertBatch batch) throws Exception {
    CompletableFuture<ExpertResult> answer = new CompletableFuture<>();
    StreamObserver<ExpertBatch> stream = ExpertNodeGrpc.newStub(channel).process(first(answer));
    stream.onNext(batch);
    ExpertResult result = answer.get(20, TimeUnit.SECONDS);
    stream.onCompleted();
    return result;
  }

  private void assertStatus(ExpertBatch batch, Status.Code code, String message) {
    assertThatThrownBy(() -> process(batch))
        .hasCauseInstanceOf(StatusRuntimeException.class)
        .satisfies(e -> {
          Status status = Status.fromThrowable(e);
          assertThat(status.getCode()).isEqualTo(code);
          assertThat(status.getDescription()).contains(message);
        });
  }

  private static <T> StreamObserver<T> first(CompletableFuture<T> future) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T value) {
        future.complete(value);
      }

      @Override
      public void onError(Throwable t) {
        future.completeExceptionally(t);
      }

      @Override
      public void onCompleted() {}
    };
  }
}
