package dev.switchboard.router.engine;

import dev.switchboard.model.SequenceState;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.router.engine.Ending.Kind;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands requests' states out as they wish. The engine's thread, between steps. */
final class Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

  private final EngineModel model;

  Snapshots(EngineModel model) {
    this.model = model;
  }

  /**
   * Gives the request its state, from what it brings or what others have left.
   *
   * @return why it cannot have one, or null
   */
  @Nullable Ending begin(Live request, SequenceRun run, LongSupplier ids) {
    try {
      request.state = model.newSequence(ids, request.request, run.known());
      return null;
    } catch (SnapshotException e) {
      Kind kind = e.problem() == Problem.UNAVAILABLE ? Kind.UNAVAILABLE : Kind.INVALID;
      return new Ending(kind, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("request {} could not begin", run.name(), e);
      return new Ending(Kind.FAILED, "the request could not begin: " + e);
    }
  }

  /** A step has moved the request: its state may be what others can begin with. */
  void keep(Live request) {
    SequenceRun run = Objects.requireNonNull(request.run);
    try {
      model.prefixes().passed(Objects.requireNonNull(request.state), run::known);
    } catch (SnapshotException e) {
      LOG.warn("request {}: its state is not kept: {}", run.name(), e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("request {}: its state could not be kept", run.name(), e);
    }
  }

  /**
   * A slice of the request has passed.
   *
   * @param last whether it was its last
   */
  void passed(Live request, Slice slice, boolean last) {
    SnapshotWishes wishes = request.request.wishes();
    SequenceState state = Objects.requireNonNull(request.state);
    if (last ? wishes.atEnd() : wishes.due(state.position(), request.savedPosition)) {
      // Also what was found in a cache of this process, which others do not have.
      request.savedPosition = state.position();
      if (state.degraded()) {
        request.sink.noSnapshot(SequenceState.DEGRADED);
      } else {
        take(request, state);
      }
    }
  }

  private void take(Live request, SequenceState state) {
    String name = request.request.name();
    try {
      long bytes = state.snapshotBytes();
      SequenceSnapshot snapshot =
          bytes > request.request.wishes().maxBytes()
              ? null
              : model.snapshot(state, tokens(request));
      if (snapshot == null || snapshot.bytes() > request.request.wishes().maxBytes()) {
        long found = snapshot == null ? bytes : snapshot.bytes();
        request.sink.noSnapshot(
            "the state takes %d bytes; the limit is %d"
                .formatted(found, request.request.wishes().maxBytes()));
      } else {
        request.sink.snapshot(snapshot);
      }
    } catch (SnapshotException e) {
      LOG.warn("request {}: no state was saved: {}", name, e.getMessage());
      request.sink.noSnapshot(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("request {}: no state was saved", name, e);
      request.sink.noSnapshot("the state could not be saved: " + e);
    }
  }

  /** What was read; and the next token, if one has been chosen. */
  private static int[] tokens(Live request) {
    int[] known = Objects.requireNonNull(request.run).known();
    int read = Math.toIntExact(Objects.requireNonNull(request.state).position());
    return read < request.request.prompt().length ? Arrays.copyOf(known, read) : known;
  }
}
