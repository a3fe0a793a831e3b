package dev.switchboard.node.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.node.runtime.StateException;
import dev.switchboard.node.runtime.StateStore.Snapshot;
import dev.switchboard.proto.v1.ForkReply;
import dev.switchboard.proto.v1.ForkRequest;
import dev.switchboard.proto.v1.ReleaseReply;
import dev.switchboard.proto.v1.ReleaseRequest;
import dev.switchboard.proto.v1.RestoreReply;
import dev.switchboard.proto.v1.RestoreRequest;
import dev.switchboard.proto.v1.SnapshotReply;
import dev.switchboard.proto.v1.SnapshotRequest;
import dev.switchboard.proto.v1.StateKey;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The calls about states, as functions that run on the computing thread. */
final class StateCalls {
  private final NodeContext node;

  StateCalls(NodeContext node) {
    this.node = node;
  }

  SnapshotReply snapshot(SnapshotRequest request) {
    Held held = held(request.getKey());
    Snapshot snapshot = node.states().snapshot(request.getKey().getSequenceId(), held);
    return SnapshotReply.newBuilder()
        .setVersion(snapshot.version())
        .setState(UnsafeByteOperations.unsafeWrap(snapshot.bytes()))
        .setCrc32C(crc32c(ByteBuffer.wrap(snapshot.bytes())))
        .build();
  }

  RestoreReply restore(RestoreRequest request) {
    Held held = held(request.getKey());
    ByteString state = request.getState();
    int crc = crc32c(state.asReadOnlyByteBuffer());
    if (crc != request.getCrc32C()) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "the state of %d bytes has CRC-32C %08x; the call says %08x"
                  .formatted(state.size(), crc, request.getCrc32C()))
          .asRuntimeException();
    }
    Snapshot snapshot = new Snapshot(request.getVersion(), state.toByteArray());
    node.states().restore(request.getKey().getSequenceId(), held, snapshot);
    return RestoreReply.getDefaultInstance();
  }

  ForkReply fork(ForkRequest request) {
    Held held = held(request.getKey());
    long version =
        node.states().fork(request.getKey().getSequenceId(), held, request.getNewSequenceId());
    return ForkReply.newBuilder().setVersion(version).build();
  }

  ReleaseReply release(ReleaseRequest request) {
    requireModel(request.getModelFingerprint(), node.held().get());
    int released = node.states().release(request.getSequenceIdsList());
    return ReleaseReply.newBuilder().setReleased(released).build();
  }

  /** What the caller is told. */
  static StatusRuntimeException status(RuntimeException e) {
    return switch (e) {
      case StatusRuntimeException told -> told;
      case StateException refused -> {
        Status status =
            switch (refused.reason()) {
              case NOT_FOUND -> Status.NOT_FOUND;
              case EXISTS -> Status.ALREADY_EXISTS;
              case INVALID -> Status.INVALID_ARGUMENT;
              case NO_MEMORY -> Status.RESOURCE_EXHAUSTED;
            };
        yield status.withDescription(refused.getMessage()).asRuntimeException();
      }
      default ->
          Status.INTERNAL
              .withDescription("the node failed: " + e.getMessage())
              .asRuntimeException();
    };
  }

  private Held held(StateKey key) {
    HeldExperts held = node.held().get();
    requireModel(key.getModelFingerprint(), held);
    Held found =
        held.find(key.getLayer(), key.getExpert())
            .orElseThrow(() ->
                precondition(
                    "expert %d of layer %d is not held here; held are %s of placement epoch %d"
                        .formatted(
                            key.getExpert(),
                            key.getLayer(),
                            held.indices(key.getLayer()),
                            held.epoch())));
    if (!found.expert().stateful()) {
      throw precondition(
          "expert %d of layer %d keeps no state".formatted(key.getExpert(), key.getLayer()));
    }
    return found;
  }

  private static void requireModel(String asked, HeldExperts held) {
    if (!asked.equals(held.model().fingerprint())) {
      throw precondition(
          "the call is for model %s; this node serves %s"
              .formatted(asked, held.model().fingerprint()));
    }
  }

  private static StatusRuntimeException precondition(String message) {
    return Status.FAILED_PRECONDITION.withDescription(message).asRuntimeException();
  }

  private static int crc32c(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
