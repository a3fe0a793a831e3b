package dev.switchboard.router.engine;

import dev.switchboard.model.snapshot.SequenceSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Keeps everything that comes of a generation; read it when it has ended. */
final class RecordingSink extends SilentSink {
  private static final long PATIENCE_SECONDS = 60;

  final List<Integer> tokens = new ArrayList<>();

  /** Numbers of the tokens that were made without some experts. */
  final List<Integer> degraded = new ArrayList<>();

  final StringBuilder text = new StringBuilder();
  final List<SequenceSnapshot> snapshots = new ArrayList<>();
  final List<String> refusals = new ArrayList<>();
  final CompletableFuture<GenerationSummary> end = new CompletableFuture<>();

  @Override
  public void token(TokenEvent event) {
    if (event.degraded()) {
      degraded.add(tokens.size());
    }
    tokens.add(event.id());
    text.append(event.text());
  }

  @Override
  public void snapshot(SequenceSnapshot snapshot) {
    snapshots.add(snapshot);
  }

  @Override
  public void noSnapshot(String reason) {
    refusals.add(reason);
  }

  @Override
  public void generated(GenerationSummary summary) {
    end.complete(summary);
  }

  @Override
  public void failed(Ending ending) {
    end.completeExceptionally(new IllegalStateException(ending.kind() + ": " + ending.message()));
  }

  GenerationSummary await() {
    return end.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }

  /** Why it failed; empty if it did not. */
  String problem() {
    return end.handle((summary, problem) -> problem == null ? "" : String.valueOf(problem))
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .join();
  }
}
