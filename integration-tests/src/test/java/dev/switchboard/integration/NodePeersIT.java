package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.Protocols;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.Hello;
import dev.switchboard.proto.v1.NodeDescription;
import dev.switchboard.proto.v1.Tensor;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * A node met by peers that it must not trust: other versions, other models, experts that it does
 * not hold.
 */
class NodePeersIT {
  private static final TestCluster CLUSTER = Shared.twoNodes();
  private static final ManagedChannel NODE = TestCluster.channelTo(CLUSTER.nodeAddress(0));

  /** What a stream brought: results in order, then how it ended (nothing while it is open). */
  private static final class Stream implements StreamObserver<ExpertResult> {
    private final LinkedBlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private final StreamObserver<ExpertBatch> requests =
        ExpertNodeGrpc.newStub(NODE).withDeadlineAfter(20, TimeUnit.SECONDS).process(this);

    @Override
    public void onNext(ExpertResult result) {
      events.add(result);
    }

    @Override
    public void onError(Throwable failure) {
      events.add(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      events.add(Status.OK);
    }

    Stream send(ExpertBatch batch) {
      requests.onNext(batch);
      return this;
    }

    <T> T next(Class<T> type) {
      try {
        Object event = events.poll(20, TimeUnit.SECONDS);
        assertThat(event).isInstanceOf(type);
        return type.cast(event);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }

  @AfterAll
  static void close() {
    NODE.shutdownNow();
  }

  private static NodeDescription description() {
    return ExpertNodeGrpc.newBlockingStub(NODE)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .describe(DescribeRequest.getDefaultInstance());
  }

  private static Hello.Builder hello() {
    int arithmetic =
        CLUSTER
            .inference()
            .describeModel(dev.switchboard.proto.v1.DescribeModelRequest.getDefaultInstance())
            .getArithmeticVersion();
    return Handshake.hello(arithmetic, description().getModelFingerprint(), List.of())
        .setSenderId("a stranger");
  }

  private static ExpertBatch opening(Hello.Builder hello) {
    return ExpertBatch.newBuilder().setHello(hello).build();
  }

  private static void refused(Hello.Builder hello, String... bothValues) {
    Status status = new Stream().send(opening(hello)).next(Status.class);
    assertThat(status.getCode()).as(status.toString()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).contains(bothValues);
  }

  @Test
  void anotherProtocolVersionIsRefused() {
    refused(hello().setProtocolVersion(77), "protocol version", "77", "" + Protocols.HERE);
  }

  @Test
  void anotherArithmeticIsRefused() {
    refused(hello().setArithmeticVersion(78), "arithmetic version", "78");
    refused(hello().addArithmeticOptions("wire=bf16"), "arithmetic options", "wire=bf16");
  }

  @Test
  void anotherModelIsRefused() {
    refused(
        hello().setModelFingerprint("feed"),
        "model fingerprint",
        "feed",
        description().getModelFingerprint());
  }

  @Test
  void anExpertThatTheNodeDoesNotHoldIsRefusedAloneWithItsEpoch() {
    NodeDescription node = description();
    Set<Integer> held =
        node.getExpertsList().stream().map(e -> e.getExpert()).collect(Collectors.toSet());
    int missing = 0;
    while (held.contains(missing)) {
      missing++;
    }
    int here = held.iterator().next();
    ExpertBatch batch =
        batch(node, Models.WIDTH)
            .addGroups(ExpertGroup.newBuilder().setExpert(missing).addRows(0))
            .addGroups(ExpertGroup.newBuilder().setExpert(here).addRows(0))
            .build();
    Stream stream = new Stream().send(opening(hello()));
    assertThat(stream.next(ExpertResult.class).hasHello()).isTrue();

    ExpertResult result = stream.send(batch).next(ExpertResult.class);

    assertThat(result.getId()).isEqualTo(5);
    assertThat(result.getHeldEpoch()).isEqualTo(node.getPlacementEpoch());
    assertThat(result.getGroupsList())
        .extracting(g -> g.getStatus())
        .containsExactly(GroupStatus.GROUP_STATUS_NOT_HELD, GroupStatus.GROUP_STATUS_OK);
    assertThat(result.getOutputs().getData().size()).isEqualTo(4 * Models.WIDTH);
    stream.requests.onCompleted();
  }

  @Test
  void rowsOfAnotherWidthAreRefusedByName() {
    NodeDescription node = description();
    int here = node.getExperts(0).getExpert();
    Stream stream = new Stream().send(opening(hello()));
    stream.next(ExpertResult.class);
    ExpertBatch batch =
        batch(node, 10).addGroups(ExpertGroup.newBuilder().setExpert(here).addRows(0)).build();
    Object answer = stream.send(batch).next(Object.class);
    String text =
        answer instanceof Status status
            ? status.getCode() + " " + status.getDescription()
            : answer.toString();
    assertThat(text).contains("INVALID").contains("10").contains("" + Models.WIDTH);
  }

  private static ExpertBatch.Builder batch(NodeDescription node, int width) {
    ByteBuffer row = ByteBuffer.allocate(4 * width).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < width; i++) {
      row.putFloat(4 * i, 0.5f);
    }
    return ExpertBatch.newBuilder()
        .setId(5)
        .setLayer(0)
        .setModelFingerprint(node.getModelFingerprint())
        .setPlacementEpoch(node.getPlacementEpoch())
        .setDeadlineMicros(5_000_000)
        .setActivations(
            Tensor.newBuilder()
                .addShape(1)
                .addShape(width)
                .setDtype(DType.DTYPE_F32)
                .setData(com.google.protobuf.ByteString.copyFrom(row)));
  }
}
