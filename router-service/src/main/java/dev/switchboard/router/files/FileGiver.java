package dev.switchboard.router.files;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Gives files away, part by part, no faster than the network takes them: a reader costs a part or
 * two of memory. Readers beyond the bound are told to come back.
 */
public final class FileGiver {
  static final int MOST_READERS = 8;

  private final AtomicInteger readers = new AtomicInteger();

  /**
   * One file.
   *
   * @param part makes a message of some of its bytes
   */
  public record Source<T>(Path path, Function<ByteString, T> part) {}

  /**
   * Sends files, one after the other; to be called within the call that asks for them.
   *
   * @param observer of that call
   */
  public <T> void give(List<Source<T>> files, StreamObserver<T> observer) {
    if (readers.incrementAndGet() > MOST_READERS) {
      readers.decrementAndGet();
      observer.onError(
          Status.RESOURCE_EXHAUSTED
              .withDescription(MOST_READERS + " readers are served already")
              .asRuntimeException());
      return;
    }
    ServerCallStreamObserver<T> out = (ServerCallStreamObserver<T>) observer;
    PartStream<T> stream = new PartStream<>(files, out, readers::decrementAndGet);
    out.setOnReadyHandler(stream::sendOn);
    out.setOnCancelHandler(stream::end);
    stream.sendOn();
  }
}
