package dev.switchboard.router.gates;

import dev.switchboard.cluster.gates.GateChange.By;
import dev.switchboard.cluster.gates.GateRollout;
import dev.switchboard.cluster.gates.GateRolloutException;
import dev.switchboard.cluster.state.StateException;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.v1.ChangeGatesRequest;
import dev.switchboard.proto.v1.DescribeGatesRequest;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.GatesFile;
import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.GatesPart;
import dev.switchboard.proto.v1.GatesVersion;
import dev.switchboard.proto.v1.ReadGatesRequest;
import dev.switchboard.router.files.FileGiver;
import dev.switchboard.router.files.Upload;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code Gates}: what may be done about gates while a router runs. */
public final class GatesService extends GatesGrpc.GatesImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(GatesService.class);
  private static final int MOST_CHARS = 400;

  private final Optional<GateDesk> desk;
  private final List<Integer> moeLayers;
  private final long mostBytes;
  private final Supplier<Optional<Status>> refusal;
  private final FileGiver files = new FileGiver();

  /**
   * @param desk empty: gates are not swapped here
   * @param moeLayers indices of the layers that have experts
   * @param mostBytes that gates of the model have
   * @param refusal why the call that is being answered may not change them; empty if it may
   */
  public GatesService(
      Optional<GateDesk> desk,
      List<Integer> moeLayers,
      long mostBytes,
      Supplier<Optional<Status>> refusal) {
    this.refusal = refusal;
    this.desk = desk;
    this.moeLayers = List.copyOf(moeLayers);
    this.mostBytes = mostBytes;
  }

  @Override
  public void describeGates(
      DescribeGatesRequest request, StreamObserver<GatesDescription> observer) {
    answer(
        observer,
        () -> {
          GateDesk open = desk();
          return new GateMessages(open, moeLayers).describe(open.rollout());
        });
  }

  @Override
  public void changeGates(ChangeGatesRequest request, StreamObserver<GatesDescription> observer) {
    answer(
        observer,
        () -> {
          requireAdmin();
          GateDesk open = desk();
          GateRollout next = open.change(rollout -> changed(rollout, request));
          return new GateMessages(open, moeLayers).describe(next);
        });
  }

  private static GateRollout changed(GateRollout rollout, ChangeGatesRequest request) {
    String version = request.getVersion();
    By by = new By(shortened(request.getWho()), Instant.now(), shortened(request.getWhy()));
    return switch (request.getAction()) {
      case GATES_ACTION_SHADOW -> rollout.shadow(version, by);
      case GATES_ACTION_CANARY -> rollout.canary(version, request.getShare(), by);
      case GATES_ACTION_PROMOTE -> rollout.promote(version, by);
      case GATES_ACTION_ROLLBACK -> rollout.rollback(by);
      case GATES_ACTION_UNSPECIFIED, UNRECOGNIZED ->
          throw new GateRolloutException("action: not one that this router knows");
    };
  }

  /** Nobody else's name is the guard's. */
  private static String shortened(String text) {
    String most = text.substring(0, Math.min(text.length(), MOST_CHARS));
    return most.equals(By.GUARD) ? most + "?" : most;
  }

  @Override
  public StreamObserver<GatesPart> addGates(StreamObserver<GatesVersion> observer) {
    return new Upload<>(
        new Upload.Steps<>(this::begin, this::finish, problem -> fail(observer, problem)),
        observer);
  }

  private GateReceipt begin() {
    requireAdmin();
    return new GateReceipt(desk().folder(), mostBytes);
  }

  private GatesVersion finish(GateReceipt receipt) {
    return GateMessages.version(receipt.finish(desk().shelf())).build();
  }

  @Override
  public void readGates(ReadGatesRequest request, StreamObserver<GatesPart> observer) {
    try {
      Path source = desk().folder().read(request.getVersion()).source();
      files.give(
          List.of(
              source(source, GatesFile.GATES_FILE_MANIFEST),
              source(source, GatesFile.GATES_FILE_WEIGHTS)),
          observer);
    } catch (RuntimeException e) {
      fail(observer, e);
    }
  }

  private static FileGiver.Source<GatesPart> source(Path directory, GatesFile file) {
    return new FileGiver.Source<>(
        directory.resolve(GateReceipt.name(file)),
        bytes -> GatesPart.newBuilder().setFile(file).setData(bytes).build());
  }

  private void requireAdmin() {
    refusal
        .get()
        .ifPresent(status -> {
          throw status.asRuntimeException();
        });
  }

  private GateDesk desk() {
    return desk.orElseThrow(() ->
        new GateRolloutException("gates are not swapped at this router: router.gates is not set"));
  }

  private static <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
    try {
      T answer = work.get();
      observer.onNext(answer);
      observer.onCompleted();
    } catch (RuntimeException e) {
      fail(observer, e);
    }
  }

  private static void fail(StreamObserver<?> observer, Exception e) {
    Status status =
        switch (e) {
          case StatusRuntimeException denied -> denied.getStatus();
          case GateRolloutException refused -> Status.FAILED_PRECONDITION;
          case CheckpointException unsound -> Status.INVALID_ARGUMENT;
          case StateException grid -> Status.UNAVAILABLE;
          default -> {
            LOG.error("a call about gates failed", e);
            yield Status.INTERNAL;
          }
        };
    String message = status.getDescription() == null ? e.getMessage() : status.getDescription();
    observer.onError(status.withDescription(message).asRuntimeException());
  }
}
