package dev.switchboard.router.api;

import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.router.engine.Ending;
import dev.switchboard.router.engine.GenerationSummary;
import dev.switchboard.router.engine.RequestSink;
import dev.switchboard.router.engine.RouteSummary;
import dev.switchboard.router.engine.TokenEvent;
import io.grpc.stub.StreamObserver;

/** Answers one Route call. */
final class RouteReader implements RequestSink {
  private final StreamObserver<RouteReply> reader;
  private final EventMessages messages;
  private final int[] prompt;
  private final String gateVersion;

  RouteReader(
      StreamObserver<RouteReply> reader, EventMessages messages, int[] prompt, String gateVersion) {
    this.reader = reader;
    this.gateVersion = gateVersion;
    this.messages = messages;
    this.prompt = prompt;
  }

  @Override
  public void admitted() {}

  @Override
  public void promptLogits(int firstRow, int rows, float[] logits) {
    throw new IllegalStateException("a routed prompt has logits");
  }

  @Override
  public void token(TokenEvent event) {
    throw new IllegalStateException("a routed prompt made a token");
  }

  @Override
  public void generated(GenerationSummary summary) {
    throw new IllegalStateException("a routed prompt was generated from");
  }

  @Override
  public void routed(RouteSummary summary) {
    reader.onNext(messages.routed(summary, prompt).toBuilder().setGateVersion(gateVersion).build());
    reader.onCompleted();
  }

  @Override
  public void failed(Ending ending) {
    reader.onError(Statuses.of(ending).asRuntimeException());
  }

  @Override
  public boolean behind() {
    return false;
  }
}
