package dev.switchboard.router.api;

import io.grpc.stub.ServerCallStreamObserver;

/**
 * What a call's transport wakes: it wants to know before the call's method returns, but where the
 * request comes in pieces there is nobody to wake yet. Used by the call's callbacks alone, which
 * come one after the other.
 */
final class LateHandlers {
  private Runnable ready = () -> {};
  private Runnable cancelled = () -> {};

  private LateHandlers() {}

  /** Sets the handlers of a call whose method is still running. */
  static LateHandlers of(ServerCallStreamObserver<?> call) {
    LateHandlers handlers = new LateHandlers();
    call.setOnReadyHandler(() -> handlers.ready.run());
    call.setOnCancelHandler(() -> handlers.cancelled.run());
    return handlers;
  }

  void set(Runnable whenReady, Runnable whenCancelled) {
    ready = whenReady;
    cancelled = whenCancelled;
  }
}
