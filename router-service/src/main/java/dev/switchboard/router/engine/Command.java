package dev.switchboard.router.engine;

/** What other threads ask of the engine's. */
sealed interface Command {
  record Submit(long id, EngineRequest request, RequestSink sink) implements Command {}

  record Cancel(long id) implements Command {}

  record Resume(long id) implements Command {}

  /**
   * End: at once what is queued, after the grace what runs.
   *
   * @param graceEndsNanos on the engine's clock
   */
  record Stop(long graceEndsNanos) implements Command {}
}
