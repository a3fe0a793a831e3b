package dev.switchboard.client.cli;

import com.google.common.util.concurrent.ListenableFuture;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RouteRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Routes windows, a bounded number at a time, and gives the answers in their order. */
final class WindowRouter {
  /** Enough to fill a router's steps, few against its queue. */
  static final int IN_FLIGHT = 16;

  private final Session session;
  private final LongConsumer onDone;

  /**
   * @param onDone told how many windows have been answered, after each
   */
  WindowRouter(Session session, LongConsumer onDone) {
    this.session = session;
    this.onDone = onDone;
  }

  private record Pending(Windows.Window window, @Nullable ListenableFuture<RouteReply> reply) {}

  /**
   * @throws StatusRuntimeException of the first window that failed, naming its offset; the others
   *     under way are cancelled
   */
  List<Routed> route(Iterator<Windows.Window> windows) {
    Deque<Pending> pending = new ArrayDeque<>();
    List<Routed> routed = new ArrayList<>();
    try {
      while (windows.hasNext() || !pending.isEmpty()) {
        while (windows.hasNext() && pending.size() < IN_FLIGHT) {
          pending.add(send(windows.next()));
        }
        Pending first = pending.removeFirst();
        routed.add(Routed.of(first.window(), answer(first)));
        onDone.accept(routed.size());
      }
      return routed;
    } finally {
      pending.forEach(WindowRouter::cancel);
    }
  }

  private Pending send(Windows.Window window) {
    if (window.text().isEmpty()) {
      return new Pending(window, null);
    }
    RouteRequest request = RouteRequest.newBuilder().setText(window.text()).build();
    return new Pending(window, session.client().routeAsync(request, session.timeout()));
  }

  private static RouteReply answer(Pending pending) {
    if (pending.reply() == null) {
      return RouteReply.getDefaultInstance();
    }
    try {
      return pending.reply().get();
    } catch (ExecutionException e) {
      Status status = Status.fromThrowable(e.getCause());
      String where = "window at byte " + pending.window().offset();
      String why = status.getDescription() == null ? where : where + ": " + status.getDescription();
      throw status.withDescription(why).asRuntimeException();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }

  private static void cancel(Pending pending) {
    if (pending.reply() != null) {
      pending.reply().cancel(true);
    }
  }
}
