package dev.switchboard.router.engine;

import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import java.util.concurrent.CompletableFuture;

/** What other threads ask of the engine's. */
sealed interface Command {
  record Submit(long id, EngineRequest request, RequestSink sink) implements Command {}

  record Cancel(long id) implements Command {}

  record Resume(long id) implements Command {}

  /** Rows for experts, outside of any sequence: computed between two steps. */
  record Ask(MoeCall call, CompletableFuture<MoeOutcome> outcome) implements Command {
    void answer(ExpertRunner runner) {
      try {
        if (!outcome.isDone()) {
          outcome.complete(runner.run(call));
        }
      } catch (RuntimeException e) {
        outcome.completeExceptionally(e);
      }
    }
  }

  /**
   * End: at once what is queued, after the grace what runs.
   *
   * @param graceEndsNanos on the engine's clock
   */
  record Stop(long graceEndsNanos) implements Command {}
}
