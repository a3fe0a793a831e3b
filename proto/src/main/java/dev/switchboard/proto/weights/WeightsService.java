package dev.switchboard.proto.weights;

import dev.switchboard.proto.v1.ManifestPart;
import dev.switchboard.proto.v1.ManifestRequest;
import dev.switchboard.proto.v1.ReadRequest;
import dev.switchboard.proto.v1.WeightChunk;
import dev.switchboard.proto.v1.WeightsGrpc;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Weights} service. One thread of its own reads, since pages may have to come from a
 * disk; it sends no more than the network takes, so each reader costs a chunk or two of memory.
 * Readers beyond the bound are told to come back.
 */
public final class WeightsService implements WeightsGrpc.AsyncService, AutoCloseable {
  static final int MOST_READERS = 32;

  private final WeightTable table;
  private final Function<String, Optional<WeightTable>> more;
  private final AtomicInteger readers = new AtomicInteger();
  private final ExecutorService reading =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("weights").daemon().factory());

  public WeightsService(WeightTable table) {
    this(table, fingerprint -> Optional.empty());
  }

  /**
   * @param more what else is given away, by its fingerprint; asked at every call; throws {@link
   *     StatusRuntimeException} to have the caller told of it
   */
  public WeightsService(WeightTable table, Function<String, Optional<WeightTable>> more) {
    this.table = table;
    this.more = more;
  }

  /** The table of that fingerprint; null if it is not here. */
  private @Nullable WeightTable tableOf(String fingerprint) {
    return fingerprint.equals(table.fingerprint()) ? table : more.apply(fingerprint).orElse(null);
  }

  /** What to register at a server. */
  public ServerServiceDefinition definition() {
    return WeightsGrpc.bindService(this);
  }

  @Override
  public void manifest(ManifestRequest request, StreamObserver<ManifestPart> answer) {
    String wanted = request.getFingerprint();
    WeightTable asked;
    try {
      asked = wanted.isEmpty() ? table : tableOf(wanted);
    } catch (StatusRuntimeException e) {
      answer.onError(e);
      return;
    }
    if (asked == null) {
      answer.onError(
          Status.NOT_FOUND.withDescription("there is no " + wanted + " here").asRuntimeException());
      return;
    }
    asked.manifest().forEach(answer::onNext);
    answer.onCompleted();
  }

  @Override
  public void read(ReadRequest request, StreamObserver<WeightChunk> answer) {
    WeightTable asked;
    try {
      asked = tableOf(request.getModelFingerprint());
    } catch (StatusRuntimeException e) {
      answer.onError(e);
      return;
    }
    if (asked == null) {
      answer.onError(
          Status.FAILED_PRECONDITION
              .withDescription(
                  "weights of model %s are wanted; here are those of %s"
                      .formatted(request.getModelFingerprint(), table.fingerprint()))
              .asRuntimeException());
      return;
    }
    Status wrong = check(request, asked);
    if (!wrong.isOk()) {
      answer.onError(wrong.asRuntimeException());
      return;
    }
    MemorySegment data = java.util.Objects.requireNonNull(asked.find(request.getTensor()));
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

  private static Status check(ReadRequest request, WeightTable table) {
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
