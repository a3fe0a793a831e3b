package dev.switchboard.client;

import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.InferenceGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A request in pieces on its way to the router, each made when the transport takes it, and the
 * events that come back, no more of them waiting than were asked for.
 */
final class PromptUpload
    implements ClientResponseObserver<GenerateInput, GenerateEvent>, Iterator<GenerateEvent> {
  private static final int EVENTS_AHEAD = 16;

  /** What arrived: an event, or how it ended. */
  private record Arrival(@Nullable GenerateEvent event, @Nullable StatusRuntimeException problem) {}

  private final Iterator<GenerateInput> inputs;
  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private @Nullable ClientCallStreamObserver<GenerateInput> call;
  private @Nullable Arrival next;
  private boolean sent;
  private volatile boolean answered;

  private PromptUpload(Iterator<GenerateInput> inputs) {
    this.inputs = inputs;
  }

  /** Starts the call; what {@code inputs} throws ends it. */
  static Iterator<GenerateEvent> start(
      InferenceGrpc.InferenceStub stub, Iterator<GenerateInput> inputs) {
    PromptUpload upload = new PromptUpload(inputs);
    stub.generateFrom(upload);
    return upload;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<GenerateInput> started) {
    call = started;
    started.disableAutoRequestWithInitial(EVENTS_AHEAD);
    started.setOnReadyHandler(() -> send(started));
  }

  /** One at a time: the call's own callbacks come one after the other. */
  private void send(ClientCallStreamObserver<GenerateInput> out) {
    try {
      while (!sent && !answered && out.isReady()) {
        if (inputs.hasNext()) {
          out.onNext(inputs.next());
        } else {
          sent = true;
          out.onCompleted();
        }
      }
    } catch (RuntimeException e) {
      sent = true;
      out.cancel("the request could not be read", e);
    }
  }

  @Override
  public void onNext(GenerateEvent event) {
    arrivals.add(new Arrival(event, null));
  }

  @Override
  public void onError(Throwable problem) {
    answered = true;
    arrivals.add(new Arrival(null, Status.fromThrowable(problem).asRuntimeException()));
  }

  @Override
  public void onCompleted() {
    answered = true;
    arrivals.add(new Arrival(null, null));
  }

  @Override
  public boolean hasNext() {
    if (next == null) {
      try {
        next = arrivals.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw Status.CANCELLED.withDescription("interrupted").withCause(e).asRuntimeException();
      }
      if (next.event != null && call != null) {
        call.request(1);
      }
    }
    if (next.problem != null) {
      throw next.problem;
    }
    return next.event != null;
  }

  @Override
  public GenerateEvent next() {
    if (!hasNext() || next == null || next.event == null) {
      throw new NoSuchElementException("the answer is complete");
    }
    GenerateEvent event = next.event;
    next = null;
    return event;
  }
}
