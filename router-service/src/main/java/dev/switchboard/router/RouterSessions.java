package dev.switchboard.router;

import dev.switchboard.cluster.settings.StateSettings;
import dev.switchboard.cluster.state.SealedStates;
import dev.switchboard.cluster.state.StateKey;
import dev.switchboard.router.session.SessionSettings;
import dev.switchboard.router.session.Sessions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a router keeps sessions, and where. */
final class RouterSessions {
  private static final Logger LOG = LoggerFactory.getLogger(RouterSessions.class);

  private static final long WARM_AFTER_SECONDS = 2;

  private RouterSessions() {}

  static Sessions open(Router.Parts parts) {
    StateSettings limits = parts.settings().grid().state();
    Optional<StateKey> key = limits.stateKey();
    if (key.isEmpty() && parts.grid() instanceof SoloGrid) {
      // What never leaves the process needs no secret that others know.
      key = Optional.of(StateKey.random());
    }
    if (key.isEmpty()) {
      LOG.info("no sessions are kept: grid.stateKey is not set");
    }
    Sessions sessions =
        new Sessions(
            new SessionSettings(
                key.map(secret -> new SealedStates(parts.grid().states(), secret)),
                parts.id(),
                parts.model().snapshotOrigin().toString(),
                parts.settings().router().sessionSnapshotTokens(),
                limits.snapshotBytes(),
                limits.stateBytes()));
    if (limits.stateKey().isPresent()) {
      long bytes = parts.model().trunk().stateBytes();
      // Not beside the start itself: a router of one request would wait for what it never uses.
      CompletableFuture.delayedExecutor(WARM_AFTER_SECONDS, TimeUnit.SECONDS)
          .execute(() -> sessions.warm(bytes));
    }
    return sessions;
  }
}
