package dev.switchboard.router.api;

import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.moe.Routing;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.ExpertsGrpc;
import dev.switchboard.proto.v1.RunExpertsReply;
import dev.switchboard.proto.v1.RunExpertsRequest;
import dev.switchboard.proto.v1.Tensor;
import dev.switchboard.router.engine.Engine;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** {@code Experts}: what given experts make of given rows, computed between two steps. */
public final class ExpertsService extends ExpertsGrpc.ExpertsImplBase {
  private static final int MOST_ROWS = 4096;
  private static final long MOST_BYTES = 16L << 20;

  /** Each holds a thread and its rows, and keeps the engine from a step for a moment. */
  private static final int AT_ONCE = 4;

  private static final Duration USUAL_DEADLINE = Duration.ofSeconds(30);

  private final Engine engine;
  private final ModelFacts facts;
  private final ExpertMasks masks;
  private final Semaphore free = new Semaphore(AT_ONCE);
  private final AtomicLong ids = new AtomicLong();

  /**
   * @param masks say who may ask: whoever calls experts directly goes past what routing may not
   *     wake
   */
  public ExpertsService(Engine engine, ModelFacts facts, ExpertMasks masks) {
    this.engine = engine;
    this.facts = facts;
    this.masks = masks;
  }

  @Override
  public void runExperts(RunExpertsRequest request, StreamObserver<RunExpertsReply> observer) {
    if (!free.tryAcquire()) {
      fail(observer, Status.RESOURCE_EXHAUSTED, "experts are being asked by others; ask again");
      return;
    }
    try {
      masks.requireAdmin();
      if (!request.getModelFingerprint().equals(facts.fingerprint())) {
        fail(
            observer,
            Status.FAILED_PRECONDITION,
            "model_fingerprint: %s; this router serves %s"
                .formatted(request.getModelFingerprint(), facts.fingerprint()));
        return;
      }
      answer(call(request), observer);
    } catch (AccessException e) {
      observer.onError(e.status().asRuntimeException());
    } catch (InvalidRequestException e) {
      fail(observer, Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    } finally {
      free.release();
    }
  }

  private void answer(MoeCall call, StreamObserver<RunExpertsReply> observer) {
    CompletableFuture<MoeOutcome> asked = engine.ask(call);
    try {
      MoeOutcome outcome = asked.get(leftNanos(), TimeUnit.NANOSECONDS);
      if (!outcome.lost().isEmpty()) {
        MoeOutcome.Lost lost = outcome.lost().getFirst();
        fail(
            observer,
            Status.UNAVAILABLE,
            "no answer of expert %s of layer %s: %s"
                .formatted(lost.expert(), call.layer(), lost.reason()));
        return;
      }
      observer.onNext(reply(call));
      observer.onCompleted();
    } catch (TimeoutException e) {
      asked.cancel(false);
      fail(observer, Status.DEADLINE_EXCEEDED, "the experts' answers did not come in time");
    } catch (ExecutionException e) {
      fail(observer, Status.INTERNAL, "the experts failed: " + e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(observer, Status.CANCELLED, "interrupted");
    } catch (CancellationException e) {
      fail(observer, Status.UNAVAILABLE, "the router stops");
    }
  }

  private static long leftNanos() {
    Deadline deadline = Context.current().getDeadline();
    long usual = USUAL_DEADLINE.toNanos();
    return deadline == null ? usual : Math.min(usual, deadline.timeRemaining(TimeUnit.NANOSECONDS));
  }

  private static void fail(StreamObserver<RunExpertsReply> observer, Status status, String why) {
    observer.onError(status.withDescription(why).asRuntimeException());
  }

  private MoeCall call(RunExpertsRequest request) {
    ExpertLayer layer =
        facts.layers().stream()
            .filter(one -> one.layer() == request.getLayer())
            .findFirst()
            .orElseThrow(() ->
                new InvalidRequestException(
                    "layer: %s has no experts; those that have: %s"
                        .formatted(request.getLayer(), facts.moeLayers())));
    if (layer.stateBytes() > 0) {
      throw new InvalidRequestException("layer: its experts remember; they run in sequences alone");
    }
    int rows = rows(request.getRows(), layer);
    int each = request.getPerRow();
    if (each < 1 || each > layer.experts() || request.getExpertsCount() != (long) rows * each) {
      throw new InvalidRequestException(
          "experts: %s for %s rows of %s; expected 1 to %s a row"
              .formatted(request.getExpertsCount(), rows, each, layer.experts()));
    }
    if ((long) rows * each * layer.width() * Float.BYTES > MOST_BYTES) {
      throw new InvalidRequestException(
          "rows: more than %s bytes of answers; ask for fewer at once".formatted(MOST_BYTES));
    }
    return call(layer, rows, routing(request, layer, rows, each), request.getRows());
  }

  private MoeCall call(ExpertLayer layer, int rows, Routing routing, Tensor tensor) {
    float[] input = new float[rows * layer.width()];
    tensor
        .getData()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(input);
    for (float value : input) {
      if (!Float.isFinite(value)) {
        throw new InvalidRequestException("rows: NaN or infinity; expected finite values");
      }
    }
    long[] sequences = new long[rows];
    Arrays.fill(sequences, ids.decrementAndGet());
    long[] positions = new long[rows];
    Arrays.setAll(positions, row -> row);
    return new MoeCall(
        layer.layer(),
        rows,
        layer.width(),
        input,
        routing,
        sequences,
        positions,
        new boolean[rows],
        new float[rows * routing.topK() * layer.width()]);
  }

  private static int rows(Tensor tensor, ExpertLayer layer) {
    boolean shaped =
        tensor.getDtype() == DType.DTYPE_F32
            && tensor.getShapeCount() == 2
            && tensor.getShape(0) >= 1
            && tensor.getShape(0) <= MOST_ROWS
            && tensor.getShape(1) == layer.width()
            && tensor.getData().size() == (long) tensor.getShape(0) * layer.width() * Float.BYTES;
    if (!shaped) {
      throw new InvalidRequestException(
          "rows: %s%s of %s bytes; expected F32 [1 to %s, %s]"
              .formatted(
                  tensor.getDtype(),
                  tensor.getShapeList(),
                  tensor.getData().size(),
                  MOST_ROWS,
                  layer.width()));
    }
    return tensor.getShape(0);
  }

  private static Routing routing(RunExpertsRequest request, ExpertLayer layer, int rows, int each) {
    int[] experts = new int[rows * each];
    for (int row = 0; row < rows; row++) {
      boolean[] taken = new boolean[layer.experts()];
      for (int i = row * each; i < (row + 1) * each; i++) {
        int expert = request.getExperts(i);
        if (expert < 0 || expert >= layer.experts() || taken[expert]) {
          throw new InvalidRequestException(
              "experts: %s in row %s; expected 0 to %s, none twice"
                  .formatted(expert, row, layer.experts() - 1));
        }
        taken[expert] = true;
        experts[i] = expert;
      }
    }
    return new Routing(rows, each, experts, new float[rows * each]);
  }

  private static RunExpertsReply reply(MoeCall call) {
    ByteBuffer bytes =
        ByteBuffer.allocate(call.outputs().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(call.outputs());
    return RunExpertsReply.newBuilder()
        .setOutputs(
            Tensor.newBuilder()
                .setDtype(DType.DTYPE_F32)
                .addShape(call.tokens())
                .addShape(call.routing().topK())
                .addShape(call.dModel())
                .setData(UnsafeByteOperations.unsafeWrap(bytes)))
        .build();
  }
}
