package dev.switchboard.router.testing;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.List;

/** The far end of a call: ready when it is told so. */
public final class FakeCall<T> extends ServerCallStreamObserver<T> {
  public final List<T> taken = new ArrayList<>();
  public boolean ready = true;

  /** Messages that it takes before it is not ready any more. */
  public int room = Integer.MAX_VALUE;

  public Throwable error;
  public boolean completed;
  private Runnable onReady = () -> {};
  private Runnable onCancel = () -> {};

  /** It has room again. */
  public void takes(int messages) {
    room = messages;
    ready = true;
    onReady.run();
  }

  /** Whoever asked has gone. */
  public void cancel() {
    onCancel.run();
  }

  @Override
  public boolean isReady() {
    return ready;
  }

  @Override
  public void onNext(T message) {
    taken.add(message);
    room--;
    ready = ready && room > 0;
  }

  @Override
  public void onError(Throwable problem) {
    error = problem;
  }

  @Override
  public void onCompleted() {
    completed = true;
  }

  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public void setOnCancelHandler(Runnable handler) {
    onCancel = handler;
  }

  @Override
  public void setCompression(String compression) {}

  @Override
  public void setOnReadyHandler(Runnable handler) {
    onReady = handler;
  }

  @Override
  public void request(int count) {}

  @Override
  public void setMessageCompression(boolean enable) {}

  @Override
  public void disableAutoInboundFlowControl() {}
}
