package dev.switchboard.proto.weights;

import dev.switchboard.proto.v1.ManifestPart;
import dev.switchboard.proto.v1.ManifestRequest;
import dev.switchboard.proto.v1.ReadRequest;
import dev.switchboard.proto.v1.WeightChunk;
import dev.switchboard.proto.v1.WeightsGrpc;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The {@code Weights} service. One thread of its own reads, since pages may have to come from a
 * disk; it sends no more than the network takes, so each reader costs a chunk or two of memory.
 * Readers beyond the bound are told to come back.
 */
public final class WeightsService implements WeightsGrpc.AsyncService, AutoCloseable {
  static final int MOST_READERS = 32;

  private final WeightTable table;
  private final AtomicInteger readers = new AtomicInteger();
  private final ExecutorService reading =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("weights").daemon().factory());

  public WeightsService(WeightTable table) {
    this.table = table;
  }

  /** What to register at a server. */
  public ServerServiceDefinition definition() {
    return WeightsGrpc.bindService(this);
  }

  @Override
  public void manifest(ManifestRequest request, StreamObserver<ManifestPart> answer) {
    table.manifest().forEach(answer::onNext);
    answer.onCompleted();
  }

  @Override
  public void read(ReadRequest request, StreamObserver<WeightChunk> answer) {
    Status wrong = check(request);
    if (!wrong.isOk()) {
      answer.onError(wrong.asRuntimeException());
      return;
    }
    MemorySegment data = java.util.Objects.requireNonNull(table.find(request.getTensor()));
    if (readers.incrementAndGet() > MOST_READERS) {
      readers.decrementAndGet();
      answer.onError(
          Status.RESOURCE_EXHAUSTED
              .withDescription(MOST_READERS + " readers are served already")
              .asRuntimeException());
      return;
    }
    ServerCallStreamObserver<WeightChunk> out = (ServerCallStreamObserver<WeightChunk>) answer;
    ChunkStream stream = new ChunkStream(data, request, out, readers::decrementAndGet);
    Runnable onward =
        () -> {
          try {
            reading.execute(stream::sendOn);
          } catch (RejectedExecutionException stopping) {
            stream.end();
          }
        };
    out.setOnReadyHandler(onward);
    out.setOnCancelHandler(stream::end);
    onward.run();
  }

  private Status check(ReadRequest request) {
    if (!request.getModelFingerprint().equals(table.fingerprint())) {
      return Status.FAILED_PRECONDITION.withDescription(
          "weights of model %s are wanted; here are those of %s"
              .formatted(request.getModelFingerprint(), table.fingerprint()));
    }
    MemorySegment data = table.find(request.getTensor());
    if (data == null) {
      return Status.NOT_FOUND.withDescription("there is no tensor " + request.getTensor());
    }
    long offset = request.getOffset();
    long length = request.getLength();
    if (offset < 0 || length < 0 || offset > data.byteSize() - length) {
      return Status.OUT_OF_RANGE.withDescription(
          "bytes %s to %s of tensor %s, which has %d"
              .formatted(
                  Long.toUnsignedString(offset),
                  Long.toUnsignedString(offset + length),
                  request.getTensor(),
                  data.byteSize()));
    }
    return Status.OK;
  }

  /** Reads no more; calls that run are cut off with their server. */
  @Override
  public void close() {
    reading.shutdown();
  }
}
