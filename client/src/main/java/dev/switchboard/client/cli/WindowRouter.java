package dev.switchboard.client.cli;

import com.google.common.util.concurrent.ListenableFuture;
import dev.switchboard.client.SwitchboardClient;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Routes windows, a bounded number at a time, and gives the answers in their order. */
final class WindowRouter {
  /** Enough to fill a router's steps, few against its queue. */
  static final int IN_FLIGHT = 16;

  private final Session session;
  private final boolean perToken;
  private final boolean gateInputs;
  private final Consumer<RouteReply> onReply;

  /**
   * @param perToken whether replies name the experts of every token
   * @param onReply told of each window's reply, in their order
   */
  WindowRouter(Session session, boolean perToken, Consumer<RouteReply> onReply) {
    this(session, perToken, false, onReply);
  }

  /**
   * @param gateInputs whether replies bring what the gates read, as well
   */
  WindowRouter(
      Session session, boolean perToken, boolean gateInputs, Consumer<RouteReply> onReply) {
    this.session = session;
    this.perToken = perToken;
    this.gateInputs = gateInputs;
    this.onReply = onReply;
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
        while (windows.hasNext() && pending.size() < (gateInputs ? 2 : IN_FLIGHT)) {
          pending.add(send(windows.next()));
        }
        Pending first = pending.removeFirst();
        RouteReply reply = answer(first);
        routed.add(Routed.of(first.window(), reply));
        onReply.accept(reply);
      }
      return routed;
    } finally {
      pending.forEach(WindowRouter::cancel);
    }
  }

  private Pending send(Windows.Window window) {
    if (window.isEmpty()) {
      return new Pending(window, null);
    }
    RouteRequest.Builder request =
        RouteRequest.newBuilder().setPerToken(perToken).setGateInputs(gateInputs);
    if (window.ids().isEmpty()) {
      request.setText(window.text());
    } else {
      request.setTokenIds(SwitchboardClient.ids(window.ids()));
    }
    return new Pending(window, session.client().routeAsync(request.build(), session.timeout()));
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
