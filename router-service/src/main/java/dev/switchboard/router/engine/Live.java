package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A request that is here; once it has begun its run, and while it runs its state. */
final class Live {
  private static final long NO_TOKEN = Long.MIN_VALUE;

  final EngineRequest request;
  final RequestSink sink;
  @Nullable SequenceRun run;
  @Nullable SequenceState state;

  /** Position of the newest state that whoever sent the request has. */
  long savedPosition;

  private long lastTokenNanos = NO_TOKEN;

  Live(EngineRequest request, RequestSink sink) {
    this.request = request;
    this.sink = sink;
    this.savedPosition = request.start().map(SequenceSnapshot::position).orElse(0L);
  }

  /** Some of its tokens were read. Returns how many new ones without some of their experts. */
  int degraded(RoutingTrace choices) {
    if (choices.degraded().isEmpty()) {
      return 0;
    }
    long first = Objects.requireNonNull(state).position() - choices.tokens();
    return Objects.requireNonNull(run).degraded(Math.toIntExact(first), choices.degraded());
  }

  /** A token was chosen. Returns how long after the last one; 0 for the first. */
  long tokenGap(long nowNanos) {
    long gap = lastTokenNanos == NO_TOKEN ? 0 : nowNanos - lastTokenNanos;
    lastTokenNanos = nowNanos;
    return gap;
  }

  /** Its reader is behind: the time until the next token is the reader's. */
  void paused() {
    lastTokenNanos = NO_TOKEN;
  }
}
