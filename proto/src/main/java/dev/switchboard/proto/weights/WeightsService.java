package dev.switchboard.proto.weights;

import dev.switchboard.proto.v1.ManifestPart;
import dev.switchboard.proto.v1.ManifestRequest;
import dev.switchboard.proto.v1.RangeDigest;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Weights} service. One thread of its own reads, since pages may have to come from a
 * disk; it sends no more than the network takes, so each reader costs a chunk or two of memory, and
 * no faster than {@link Giving} says. Readers beyond the bound are told to come back.
 */
public final class WeightsService implements WeightsGrpc.AsyncService, AutoCloseable {
  static final int MOST_READERS = 32;

  private final WeightTable table;
  private final Function<String, Optional<WeightTable>> more;
  private final Giving giving;
  private final AtomicInteger readers = new AtomicInteger();
  private final AtomicLong given = new AtomicLong();
  private final ExecutorService reading =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("weights").daemon().factory());

  public WeightsService(WeightTable table) {
    this(table, fingerprint -> Optional.empty(), Giving.freely());
  }

  /** Without a bound. */
  public WeightsService(WeightTable table, Function<String, Optional<WeightTable>> more) {
    this(table, more, Giving.freely());
  }

  public WeightsService(WeightTable table, Giving giving) {
    this(table, fingerprint -> Optional.empty(), giving);
  }

  /**
   * @param more what else is given away, by its fingerprint; asked at every call; throws {@link
   *     StatusRuntimeException} to have the caller told of it
   * @param giving how fast
   */
  public WeightsService(
      WeightTable table, Function<String, Optional<WeightTable>> more, Giving giving) {
    this.table = table;
    this.more = more;
    this.giving = giving;
  }

  /** Bytes of weights that were given away since the start. */
  public long given() {
    return given.get();
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
    MemorySegment data = wanted(request, answer);
    if (data == null || !admit(answer)) {
      return;
    }
    ServerCallStreamObserver<WeightChunk> out = (ServerCallStreamObserver<WeightChunk>) answer;
    ChunkStream stream = new ChunkStream(data, request, out, readers::decrementAndGet);
    out.setOnReadyHandler(() -> sendOn(stream));
    out.setOnCancelHandler(stream::end);
    sendOn(stream);
  }

  @Override
  public void digest(ReadRequest request, StreamObserver<RangeDigest> answer) {
    MemorySegment data = wanted(request, answer);
    if (data == null || !admit(answer)) {
      return;
    }
    ServerCallStreamObserver<RangeDigest> out = (ServerCallStreamObserver<RangeDigest>) answer;
    out.setOnCancelHandler(() -> {});
    digestOn(new RangeSum(data, request), request.getUrgent(), out);
  }

  /** One chunk of each in turn, so that no reader waits for another's whole range. */
  private void sendOn(ChunkStream stream) {
    if (!stream.isDue()) {
      return;
    }
    onReader(
        stream::end,
        () -> {
          stream.itsTurn();
          long begun = giving.workNanos().getAsLong();
          int sent = stream.sendOne();
          if (sent > 0) {
            given.addAndGet(sent);
            giving.gave(sent, begun, stream.urgent());
            sendOn(stream);
          }
        });
  }

  private void digestOn(
      RangeSum sum, boolean urgent, ServerCallStreamObserver<RangeDigest> answer) {
    onReader(
        readers::decrementAndGet,
        () -> {
          long begun = giving.workNanos().getAsLong();
          int some = answer.isCancelled() ? 0 : sum.some();
          if (some > 0) {
            giving.gave(some, begun, urgent);
            digestOn(sum, urgent, answer);
            return;
          }
          readers.decrementAndGet();
          if (!answer.isCancelled()) {
            answer.onNext(RangeDigest.newBuilder().setCrc32C(sum.value()).build());
            answer.onCompleted();
          }
        });
  }

  /**
   * @param stopping done instead where nothing is read any more
   */
  private void onReader(Runnable stopping, Runnable work) {
    try {
      reading.execute(work);
    } catch (RejectedExecutionException e) {
      stopping.run();
    }
  }

  private boolean admit(StreamObserver<?> answer) {
    if (readers.incrementAndGet() <= MOST_READERS) {
      return true;
    }
    readers.decrementAndGet();
    answer.onError(
        Status.RESOURCE_EXHAUSTED
            .withDescription(MOST_READERS + " readers are served already")
            .asRuntimeException());
    return false;
  }

  /**
   * The tensor that is meant, of which those bytes are there; null if the caller was told why not.
   */
  private @Nullable MemorySegment wanted(ReadRequest request, StreamObserver<?> answer) {
    WeightTable asked;
    try {
      asked = tableOf(request.getModelFingerprint());
    } catch (StatusRuntimeException e) {
      answer.onError(e);
      return null;
    }
    if (asked == null) {
      answer.onError(
          Status.FAILED_PRECONDITION
              .withDescription(
                  "weights of model %s are wanted; here are those of %s"
                      .formatted(request.getModelFingerprint(), table.fingerprint()))
              .asRuntimeException());
      return null;
    }
    Status wrong = check(request, asked);
    if (!wrong.isOk()) {
      answer.onError(wrong.asRuntimeException());
      return null;
    }
    return asked.find(request.getTensor());
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
    reading.shutdownNow();
  }
}
