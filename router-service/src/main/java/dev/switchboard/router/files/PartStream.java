package dev.switchboard.router.files;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One reader's files. Its call's handlers come one at a time. */
final class PartStream<T> {
  private static final Logger LOG = LoggerFactory.getLogger(PartStream.class);
  static final int PART_BYTES = 1 << 18;

  private final Iterator<FileGiver.Source<T>> files;
  private final ServerCallStreamObserver<T> out;
  private final Runnable onEnd;
  private @Nullable Open<T> open;
  private boolean ended;

  private record Open<T>(InputStream bytes, Function<ByteString, T> part) {}

  /**
   * @param onEnd called once
   */
  PartStream(List<FileGiver.Source<T>> files, ServerCallStreamObserver<T> out, Runnable onEnd) {
    this.files = files.iterator();
    this.out = out;
    this.onEnd = onEnd;
  }

  /** Sends until the network has enough for now, or everything is sent. */
  void sendOn() {
    try {
      while (!ended && out.isReady()) {
        Optional<T> part = next();
        if (part.isPresent()) {
          out.onNext(part.get());
        } else {
          end();
          out.onCompleted();
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("files are not sent: {}", e.toString());
      end();
      out.onError(
          Status.INTERNAL.withDescription("a file cannot be read: " + e).asRuntimeException());
    }
  }

  private Optional<T> next() throws IOException {
    while (open != null || files.hasNext()) {
      if (open == null) {
        FileGiver.Source<T> file = files.next();
        open = new Open<>(Files.newInputStream(file.path()), file.part());
      }
      byte[] read = open.bytes().readNBytes(PART_BYTES);
      if (read.length > 0) {
        return Optional.of(open.part().apply(UnsafeByteOperations.unsafeWrap(read)));
      }
      close();
    }
    return Optional.empty();
  }

  /** Nothing more is sent. */
  void end() {
    if (!ended) {
      ended = true;
      onEnd.run();
      try {
        close();
      } catch (IOException e) {
        LOG.debug("a file that was sent cannot be closed: {}", e.toString());
      }
    }
  }

  private void close() throws IOException {
    if (open != null) {
      InputStream bytes = open.bytes();
      open = null;
      bytes.close();
    }
  }
}
