package dev.switchboard.client;

import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.GatesPart;
import dev.switchboard.proto.v1.GatesVersion;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The files of gates on their way to a router, in pieces as the connection has room for them. */
final class GatesUpload implements ClientResponseObserver<GatesPart, GatesVersion> {
  private final Iterator<GatesPart> parts;
  private final CompletableFuture<GatesVersion> answer = new CompletableFuture<>();
  private boolean sent;

  private GatesUpload(Iterator<GatesPart> parts) {
    this.parts = parts;
  }

  /**
   * Sends all parts, and waits for the router's word.
   *
   * @throws StatusRuntimeException with the router's status
   */
  static GatesVersion send(GatesGrpc.GatesStub stub, Iterator<GatesPart> parts) {
    GatesUpload upload = new GatesUpload(parts);
    stub.addGates(upload);
    try {
      return upload.answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StatusRuntimeException refused
          ? refused
          : Status.UNKNOWN.withCause(e.getCause()).asRuntimeException();
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<GatesPart> call) {
    call.setOnReadyHandler(() -> more(call));
  }

  private void more(ClientCallStreamObserver<GatesPart> call) {
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
  public void onNext(GatesVersion version) {
    answer.complete(version);
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
