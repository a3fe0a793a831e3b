package dev.switchboard.client.chaos;

import dev.switchboard.client.Generation;
import dev.switchboard.client.HostPort;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client as one should be: when a router does not answer, or says that it cannot now, it asks
 * another one, and again after a while. A turn of a session goes on where it was; a request that
 * stands alone is repeated, and what it had already is compared. One thread.
 */
final class Caller {
  private static final Set<Status.Code> WORTH_ANOTHER_TRY =
      EnumSet.of(
          Status.Code.UNAVAILABLE,
          Status.Code.ABORTED,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.DEADLINE_EXCEEDED);

  private static final Duration TURN = Duration.ofSeconds(60);
  private static final Duration ATTEMPT = Duration.ofSeconds(20);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
  private static final long LAST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final int stream;
  private final Routers routers;
  private final Gaps gaps;
  private int home;
  private int retries;

  Caller(int stream, Routers routers, Gaps gaps) {
    this.stream = stream;
    this.routers = routers;
    this.gaps = gaps;
    this.home = stream;
  }

  /** How often a request was sent again, over all turns. */
  int retries() {
    return retries;
  }

  /** Goes back to the router that this stream prefers. */
  void goHome() {
    home = stream;
  }

  /** What there is of an answer so far. */
  private static final class Partial {
    private final List<Integer> ids = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private long lastNanos;
    private int known;
    private long flagged;
    private long degraded;
    private boolean complete;

    Answer answer() {
      return new Answer(ids, text.toString(), degraded, flagged);
    }
  }

  /**
   * Asks until there is a whole answer.
   *
   * @throws StatusRuntimeException as the last attempt ended, if another makes no sense or the time
   *     is over
   */
  Answer ask(GenerateRequest request) {
    long endNanos = System.nanoTime() + TURN.toNanos();
    Partial partial = new Partial();
    long pause = 0;
    @Nullable StatusRuntimeException last = null;
    while (endNanos - System.nanoTime() > 0) {
      @Nullable HostPort router = routers.choose(home);
      if (router != null) {
        try {
          attempt(request, router, partial);
          if (partial.complete) {
            return partial.answer();
          }
          last = Status.UNAVAILABLE.withDescription("the answer has no end").asRuntimeException();
        } catch (StatusRuntimeException e) {
          last = e;
          if (!WORTH_ANOTHER_TRY.contains(e.getStatus().getCode())) {
            throw e;
          }
        }
        routers.failed(router, last);
        retries++;
        home++;
      }
      LockSupport.parkNanos(pause);
      pause = Math.clamp(2 * pause, FIRST_PAUSE_NANOS, LAST_PAUSE_NANOS);
    }
    throw last == null
        ? Status.UNAVAILABLE.withDescription("there is no router").asRuntimeException()
        : last;
  }

  private void attempt(GenerateRequest request, HostPort router, Partial partial) {
    boolean session = !request.getSessionId().isEmpty();
    partial.known = session ? partial.ids.size() : 0;
    GenerateRequest sent =
        session ? request.toBuilder().setReceivedTokens(partial.ids.size()).build() : request;
    try (Generation events = routers.client(router).generate(sent, ATTEMPT)) {
      while (events.hasNext()) {
        take(events.next(), partial);
      }
    }
  }

  private void take(GenerateEvent event, Partial partial) {
    switch (event.getEventCase()) {
      case TOKEN -> {
        int id = event.getToken().getId();
        if (partial.known++ < partial.ids.size()) {
          compare(partial, id);
          return;
        }
        long now = System.nanoTime();
        if (!partial.ids.isEmpty()) {
          gaps.add(new Gaps.Gap(stream, partial.lastNanos, now));
        }
        partial.lastNanos = now;
        partial.flagged += event.getToken().getDegraded() ? 1 : 0;
        partial.ids.add(id);
        partial.text.append(event.getToken().getText());
      }
      case DONE -> {
        partial.text.append(event.getDone().getText());
        partial.degraded = event.getDone().getDegradedTokens();
        partial.complete = true;
      }
      default -> {}
    }
  }

  private static void compare(Partial partial, int id) {
    int had = partial.ids.get(partial.known - 1);
    if (had != id) {
      throw Status.DATA_LOSS
          .withDescription("token %d was %d and is %d".formatted(partial.known, had, id))
          .asRuntimeException();
    }
  }
}
