package dev.switchboard.client;

import dev.switchboard.proto.v1.GenerateEvent;
import io.grpc.Context;
import java.util.Iterator;
import java.util.function.Supplier;

/**
 * The events of one generation as they arrive. {@link #hasNext} and {@link #next} wait for the
 * router and throw {@link io.grpc.StatusRuntimeException} when the request fails; {@link #close}
 * cancels what is still running, from any thread.
 */
public final class Generation implements Iterator<GenerateEvent>, AutoCloseable {
  private final Context.CancellableContext context = Context.current().withCancellation();
  private final Iterator<GenerateEvent> events;

  /** Starts the call inside a context of its own, so that cancelling it ends this call alone. */
  Generation(Supplier<Iterator<GenerateEvent>> call) {
    Context previous = context.attach();
    try {
      this.events = call.get();
    } finally {
      context.detach(previous);
    }
  }

  @Override
  public boolean hasNext() {
    return events.hasNext();
  }

  @Override
  public GenerateEvent next() {
    return events.next();
  }

  /**
   * Tells the router to stop; a waiting {@link #hasNext} then fails with CANCELLED. Without effect
   * after the end.
   */
  public void cancel() {
    context.cancel(null);
  }

  @Override
  public void close() {
    cancel();
  }
}
