package dev.switchboard.node.api;

import dev.switchboard.node.runtime.BatchJob;
import dev.switchboard.node.runtime.BatchProcessor;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupStatus;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One router's stream. Messages come on the network thread, results go out from the computing
 * thread, so all that is sent goes through one lock. A router that does not read its results is not
 * read either.
 */
final class ProcessStream implements StreamObserver<ExpertBatchFrame> {
  /** For a batch that names no time of its own, and the most that any may name. */
  static final Duration MOST_TIME = Duration.ofMinutes(5);

  /** Results that may lie before the network until no more batches are read. */
  private static final int UNSENT_BYTES = 4 << 20;

  private final NodeContext node;
  private final ServerCallStreamObserver<ExpertResultFrame> out;
  private final Consumer<ProcessStream> onEnd;
  private final StreamProtocol protocol;
  private final Object sendLock = new Object();
  private final Map<Long, Waiting> waiting = new ConcurrentHashMap<>();
  private int unanswered;
  private boolean halfClosed;
  private boolean reading = true;
  private volatile boolean ended;

  /** A batch until it is begun, by the computing thread, or cancelled, by the network's. */
  private record Waiting(ExpertBatch batch, AtomicBoolean taken) {}

  private ProcessStream(
      NodeContext node,
      ServerCallStreamObserver<ExpertResultFrame> out,
      Consumer<ProcessStream> onEnd) {
    this.node = node;
    this.out = out;
    this.onEnd = onEnd;
    this.protocol = new StreamProtocol(node.hello());
  }

  /** Takes over a call that has just come. */
  static ProcessStream open(
      NodeContext node,
      ServerCallStreamObserver<ExpertResultFrame> out,
      Consumer<ProcessStream> onEnd) {
    ProcessStream stream = new ProcessStream(node, out, onEnd);
    out.setOnReadyThreshold(UNSENT_BYTES);
    out.disableAutoRequest();
    out.setOnReadyHandler(stream::readOn);
    out.setOnCancelHandler(stream::end);
    out.setOnCloseHandler(stream::end);
    out.request(1);
    return stream;
  }

  /** Who greeted; empty before. */
  String router() {
    return protocol.router();
  }

  @Override
  public void onNext(ExpertBatchFrame frame) {
    switch (protocol.receive(frame)) {
      case StreamProtocol.Step.Greet greet -> {
        node.leases().opened(protocol.router());
        send(
            new ExpertResultFrame(
                ExpertResult.newBuilder().setHello(greet.hello()).build(), TensorRows.NONE));
      }
      case StreamProtocol.Step.Admit admit -> admit(admit.batch());
      case StreamProtocol.Step.Cancel cancel -> cancel.ids().forEach(this::cancel);
      case StreamProtocol.Step.Fail fail -> fail(fail.status());
    }
    synchronized (sendLock) {
      reading = out.isReady();
      if (reading && !ended) {
        out.request(1);
      }
    }
  }

  @Override
  public void onError(Throwable cancelled) {
    end();
  }

  @Override
  public void onCompleted() {
    synchronized (sendLock) {
      halfClosed = true;
      completeIfDone();
    }
  }

  /** Ends the stream with an error; what was not answered never will be. */
  void fail(Status status) {
    synchronized (sendLock) {
      if (!ended) {
        out.onError(status.asRuntimeException());
        end();
      }
    }
  }

  private void admit(ExpertBatchFrame batch) {
    long arrived = node.nanoTime().getAsLong();
    synchronized (sendLock) {
      unanswered++;
    }
    Waiting mine = new Waiting(batch.header(), new AtomicBoolean());
    waiting.put(batch.header().getId(), mine);
    BatchJob job =
        new BatchJob(
            batch,
            arrived,
            arrived + timeNanos(batch.header()),
            protocol.router(),
            () -> ended || !take(mine),
            this::answer);
    if (!node.loop().offer(job)) {
      take(mine);
      node.counters().refused();
      answer(refusal(node, batch.header()));
    }
  }

  /** Whether the batch is the caller's to answer: once. */
  private boolean take(Waiting batch) {
    waiting.remove(batch.batch().getId(), batch);
    return batch.taken().compareAndSet(false, true);
  }

  private void cancel(long id) {
    Waiting batch = waiting.get(id);
    if (batch != null && take(batch)) {
      ExpertResult.Builder result =
          ExpertResult.newBuilder().setId(id).setHeldEpoch(node.held().get().epoch());
      BatchProcessor.refuseAll(
          batch.batch(), GroupStatus.GROUP_STATUS_CANCELLED, "nobody waits for it", result);
      answer(new ExpertResultFrame(result.build(), TensorRows.NONE));
    }
  }

  static long timeNanos(ExpertBatch batch) {
    long micros = batch.getDeadlineMicros();
    long most = MOST_TIME.toNanos() / 1000;
    boolean unusual = Long.compareUnsigned(micros, most) > 0 || micros == 0;
    return TimeUnit.MICROSECONDS.toNanos(unusual ? most : micros);
  }

  static ExpertResultFrame refusal(NodeContext node, ExpertBatch batch) {
    ExpertResult.Builder result =
        ExpertResult.newBuilder().setId(batch.getId()).setHeldEpoch(node.held().get().epoch());
    String message =
        "the queue of node %s is full: %d batches wait"
            .formatted(node.nodeId(), node.hello().getMaxOutstandingBatches());
    BatchProcessor.refuseAll(batch, GroupStatus.GROUP_STATUS_OVERLOADED, message, result);
    return new ExpertResultFrame(result.build(), TensorRows.NONE);
  }

  private void answer(ExpertResultFrame result) {
    synchronized (sendLock) {
      send(result);
      unanswered--;
      completeIfDone();
    }
  }

  private void send(ExpertResultFrame result) {
    synchronized (sendLock) {
      if (!ended) {
        out.onNext(result);
      }
    }
  }

  private void completeIfDone() {
    if (halfClosed && unanswered == 0 && !ended) {
      out.onCompleted();
      end();
    }
  }

  /** The network takes bytes again. */
  private void readOn() {
    synchronized (sendLock) {
      if (!reading && !ended) {
        reading = true;
        out.request(1);
      }
    }
  }

  private void end() {
    ended = true;
    onEnd.accept(this);
  }
}
