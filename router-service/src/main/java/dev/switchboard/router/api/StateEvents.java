package dev.switchboard.router.api;

import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.StatePart;
import dev.switchboard.proto.weights.Checksums;
import java.nio.ByteBuffer;
import java.util.NoSuchElementException;

/** A state as events, each made when it can be sent. */
final class StateEvents {
  private final SequenceSnapshot state;
  private int chunk;
  private long offset;

  StateEvents(SequenceSnapshot state) {
    this.state = state;
  }

  boolean hasNext() {
    return chunk < state.chunks();
  }

  GenerateEvent next() {
    if (!hasNext()) {
      throw new NoSuchElementException("all of the state is sent");
    }
    ByteBuffer data = state.chunk(chunk++);
    StatePart.Builder part =
        StatePart.newBuilder()
            .setOffset(offset)
            .setCrc32C(Checksums.crc32c(data.duplicate()))
            .setLast(!hasNext());
    offset += data.remaining();
    return GenerateEvent.newBuilder()
        .setState(part.setData(UnsafeByteOperations.unsafeWrap(data)))
        .build();
  }
}
