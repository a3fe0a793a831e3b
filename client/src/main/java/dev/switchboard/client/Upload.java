package dev.switchboard.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Files on their way to a router, in pieces as the connection has room for them.
 *
 * @param <P> a piece
 * @param <R> the answer to all
 */
final class Upload<P, R> implements ClientResponseObserver<P, R> {
  private final Iterator<P> parts;
  private final CompletableFuture<R> answer = new CompletableFuture<>();
  private boolean sent;

  private Upload(Iterator<P> parts) {
    this.parts = parts;
  }

  /**
   * Sends all parts, and waits for the router's word.
   *
   * @param call begins it
   * @throws StatusRuntimeException with the router's status
   */
  static <P, R> R send(Consumer<StreamObserver<R>> call, Iterator<P> parts) {
    Upload<P, R> upload = new Upload<>(parts);
    call.accept(upload);
    try {
      return upload.answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StatusRuntimeException refused
          ? refused
          : Status.UNKNOWN.withCause(e.getCause()).asRuntimeException();
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<P> call) {
    call.setOnReadyHandler(() -> more(call));
  }

  private void more(ClientCallStreamObserver<P> call) {
    try {
      while (!sent && !answer.isDone() && call.isReady()) {
        if (parts.hasNext()) {
          call.onNext(parts.next());
        } else {
          sent = true;
          call.onCompleted();
        }
      }
    } catch (RuntimeException e) {
      sent = true;
      call.cancel("the files could not be read", e);
    }
  }

  @Override
  public void onNext(R reply) {
    answer.complete(reply);
  }

  @Override
  public void onError(Throwable failure) {
    answer.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    answer.completeExceptionally(
        Status.INTERNAL.withDescription("the router did not answer").asRuntimeException());
  }
}
