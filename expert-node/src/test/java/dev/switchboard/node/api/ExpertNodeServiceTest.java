package dev.switchboard.node.api;

import static dev.switchboard.node.TinyShard.batch;
import static dev.switchboard.node.TinyShard.group;
import static dev.switchboard.node.TinyShard.rows;
import static dev.switchboard.node.TinyShard.runOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.NodeMemory;
import dev.switchboard.node.RouterStream;
import dev.switchboard.node.TinyShard;
import dev.switchboard.node.runtime.BatchProcessor;
import dev.switchboard.node.runtime.ComputeLoop;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.Leases;
import dev.switchboard.node.runtime.StateStore;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.GrpcServers;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.RunningServer;
import dev.switchboard.proto.codec.ServerSpec;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ExpertNodeGrpc.ExpertNodeBlockingStub;
import dev.switchboard.proto.v1.ForkRequest;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.Hello;
import dev.switchboard.proto.v1.ReleaseRequest;
import dev.switchboard.proto.v1.RestoreRequest;
import dev.switchboard.proto.v1.SnapshotReply;
import dev.switchboard.proto.v1.SnapshotRequest;
import dev.switchboard.proto.v1.StateKey;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service over real gRPC, with a computing thread that the test can hold up and a clock of its
 * own.
 */
class ExpertNodeServiceTest {
  private static final int QUEUE = 3;

  private final AtomicLong clock = new AtomicLong(1_000_000_000L);
  private final Leases leases = new Leases(Duration.ZERO);
  private final EventLoops loops = EventLoops.start("test-net", 1);
  private TinyShard shard;
  private StateStore states;
  private ComputeLoop loop;
  private RunningServer server;
  private RouterStream router;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    shard = TinyShard.mamba(folder);
    HeldExperts held = shard.holding(0, 1);
    states = new StateStore(1 << 20, clock::get);
    loop =
        ComputeLoop.start(
            QUEUE, new BatchProcessor(() -> held, states, shard.counters, clock::get));
    Hello hello = hello().toBuilder().setSenderId("node").setMaxOutstandingBatches(QUEUE).build();
    NodeContext context =
        new NodeContext(hello, () -> held, loop, states, leases, shard.counters, clock::get);
    server =
        GrpcServers.start(
            ServerSpec.onLoopback(
                0, new ExpertNodeService(context, () -> NodeMemory.NONE).definition()),
            loops);
    router = new RouterStream(server.address());
    router.greet(hello());
  }

  @AfterEach
  void stop() {
    router.close();
    server.close();
    loop.close();
    loops.close();
  }

  private Hello hello() {
    return Handshake.hello(1, shard.model.fingerprint(), List.of()).setSenderId("router").build();
  }

  @Test
  void beyondTheBoundBatchesAreRefusedAndTheOthersAnswered() throws Exception {
    CountDownLatch go = hold();
    for (int id = 1; id <= QUEUE + 2; id++) {
      router.send(batch(id, 0, rows(id, 1), runOf(1, id, 0, 1)));
    }
    // Refusals need no computing, so they come first.
    for (int i = 0; i < 2; i++) {
      GroupResult refused = router.next().header().getGroups(0);
      assertThat(refused.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_OVERLOADED);
      assertThat(refused.getMessage()).isEqualTo("the queue of node node is full: 3 batches wait");
    }
    assertThat(loop.outstandingTokens()).isEqualTo(QUEUE);
    go.countDown();
    Map<Long, GroupStatus> answered = new HashMap<>();
    for (int i = 0; i < QUEUE; i++) {
      ExpertResultFrame result = router.next();
      answered.put(result.header().getId(), result.header().getGroups(0).getStatus());
    }
    assertThat(answered)
        .isEqualTo(
            Map.of(
                1L, GroupStatus.GROUP_STATUS_OK,
                2L, GroupStatus.GROUP_STATUS_OK,
                3L, GroupStatus.GROUP_STATUS_OK));
    assertThat(shard.counters.refusedBatches()).isEqualTo(2);
  }

  @Test
  @Timeout(60)
  void whatARouterHadGoesWhenItDoesNotComeBack() throws Exception {
    router.send(batch(1, 0, rows(1, 1), runOf(1, 5, 0, 1)));
    router.next();
    assertThat(stateBytes()).isPositive();
    router.close();
    while (stateBytes() > 0) {
      Thread.onSpinWait();
    }
    router = new RouterStream(server.address());
  }

  private long stateBytes() {
    CompletableFuture<Long> bytes = new CompletableFuture<>();
    loop.offer(() -> bytes.complete(states.memoryBytes()));
    return bytes.join();
  }

  @Test
  void aBatchThatWaitedTooLongIsAnsweredWithoutComputing() throws Exception {
    CountDownLatch go = hold();
    router.send(batch(1, 0, rows(1, 1), runOf(1, 5, 0, 1)));
    awaitBacklog(2);
    clock.addAndGet(TimeUnit.SECONDS.toNanos(11));
    go.countDown();
    assertThat(router.next().header().getGroups(0).getStatus())
        .isEqualTo(GroupStatus.GROUP_STATUS_DEADLINE_EXCEEDED);
    assertThat(shard.counters.rows()).isZero();
  }

  @Test
  void whatARouterThatLeftHadSentIsNotComputed() throws Exception {
    CountDownLatch go = hold();
    router.send(batch(1, 0, rows(1, 1), runOf(1, 5, 0, 1)));
    awaitBacklog(2);
    router.close();
    try (RouterStream other = new RouterStream(server.address())) {
      // The network thread sees the old stream's end before it answers this.
      other.greet(hello());
      go.countDown();
      other.ask(batch(2, 0, rows(1, 1), runOf(1, 6, 0, 1)));
    }
    assertThat(shard.counters.rows()).isEqualTo(1);
  }

  @Test
  void whatNobodyWaitsForIsAnsweredAtOnceAndNotComputed() throws Exception {
    CountDownLatch go = hold();
    router.send(batch(1, 0, rows(1, 1), runOf(1, 5, 0, 1)));
    router.send(batch(2, 0, rows(1, 1), runOf(1, 6, 0, 1)));
    router.send(
        new ExpertBatchFrame(
            ExpertBatch.newBuilder().addCancelled(1).addCancelled(77).build(), TensorRows.NONE));
    ExpertResultFrame cancelled = router.next();
    assertThat(cancelled.header().getId()).isEqualTo(1);
    assertThat(cancelled.header().getGroups(0).getStatus())
        .isEqualTo(GroupStatus.GROUP_STATUS_CANCELLED);
    go.countDown();
    ExpertResultFrame computed = router.next();
    assertThat(computed.header().getId()).isEqualTo(2);
    assertThat(computed.header().getGroups(0).getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_OK);
    assertThat(shard.counters.rows()).isEqualTo(1);
    router.halfClose();
    assertThat(router.end().getCode()).isEqualTo(Status.Code.OK);
  }

  @Test
  void aHalfClosedStreamEndsAfterItsLastResult() throws Exception {
    CountDownLatch go = hold();
    router.send(batch(1, 0, rows(1, 1), runOf(1, 5, 0, 1)));
    router.halfClose();
    go.countDown();
    assertThat(router.next().header().getId()).isEqualTo(1);
    assertThat(router.end().getCode()).isEqualTo(Status.Code.OK);
  }

  @Test
  void statesTravelWithTheirChecksum() throws Exception {
    TensorRows text = rows(3, 4);
    router.ask(batch(1, 0, text, runOf(1, 5, 0, 4)));
    SnapshotReply snapshot = stub().snapshot(SnapshotRequest.newBuilder().setKey(key(5)).build());
    assertThat(snapshot.getVersion()).isEqualTo(4);

    RestoreRequest restore =
        RestoreRequest.newBuilder()
            .setKey(key(6))
            .setVersion(4)
            .setState(snapshot.getState())
            .setCrc32C(snapshot.getCrc32C())
            .build();
    assertStatus(
        () -> stub().restore(restore.toBuilder().setCrc32C(1).build()),
        Status.Code.INVALID_ARGUMENT,
        "CRC-32C");
    stub().restore(restore);

    float[] here = router.ask(batch(2, 0, rows(9, 1), runOf(1, 5, 4, 1))).outputs().values();
    float[] there = router.ask(batch(3, 0, rows(9, 1), runOf(1, 6, 4, 1))).outputs().values();
    assertThat(there).isEqualTo(here);
  }

  @Test
  void forkAndReleaseWorkOverTheWire() throws Exception {
    router.ask(batch(1, 0, rows(3, 4), runOf(1, 5, 0, 4)));
    ForkRequest fork = ForkRequest.newBuilder().setKey(key(5)).setNewSequenceId(8).build();
    assertThat(stub().fork(fork).getVersion()).isEqualTo(4);
    assertStatus(() -> stub().fork(fork), Status.Code.ALREADY_EXISTS, "sequence 8");
    ReleaseRequest release =
        ReleaseRequest.newBuilder()
            .setModelFingerprint(shard.model.fingerprint())
            .addSequenceIds(5)
            .addSequenceIds(8)
            .build();
    assertThat(stub().release(release).getReleased()).isEqualTo(2);
    assertStatus(
        () -> stub().snapshot(SnapshotRequest.newBuilder().setKey(key(5)).build()),
        Status.Code.NOT_FOUND,
        "sequence 5, layer 0, expert 1: no state is kept");
  }

  @Test
  void keysMustFitTheNode() {
    StateKey other = key(5).toBuilder().setModelFingerprint("other").build();
    assertStatus(
        () -> stub().snapshot(SnapshotRequest.newBuilder().setKey(other).build()),
        Status.Code.FAILED_PRECONDITION,
        "for model other; this node serves " + shard.model.fingerprint());
    StateKey elsewhere = key(5).toBuilder().setExpert(3).build();
    assertStatus(
        () -> stub().snapshot(SnapshotRequest.newBuilder().setKey(elsewhere).build()),
        Status.Code.FAILED_PRECONDITION,
        "expert 3 of layer 0 is not held here; held are [0, 1]");
  }

  @Test
  void aStatefulGroupWithoutRunsIsInvalid() throws Exception {
    GroupResult result = router.ask(batch(1, 0, rows(1, 2), group(1, 0, 1))).header().getGroups(0);
    assertThat(result.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_INVALID);
  }

  /** Holds up the computing thread until the latch opens. */
  private CountDownLatch hold() throws InterruptedException {
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch held = new CountDownLatch(1);
    loop.offer(() -> {
      held.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    assertThat(held.await(20, TimeUnit.SECONDS)).isTrue();
    return go;
  }

  private void awaitBacklog(int work) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (loop.backlog() < work && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(loop.backlog()).isEqualTo(work);
  }

  private StateKey key(long sequence) {
    return StateKey.newBuilder()
        .setModelFingerprint(shard.model.fingerprint())
        .setSequenceId(sequence)
        .setLayer(0)
        .setExpert(1)
        .build();
  }

  private ExpertNodeBlockingStub stub() {
    return ExpertNodeGrpc.newBlockingStub(router.channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static void assertStatus(ThrowingCallable call, Status.Code code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(code);
              assertThat(e.getStatus().getDescription()).contains(message);
            });
  }
}
