package dev.switchboard.router.engine;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** By what those requests are routed whose gates know experts beside the model's own. */
final class GateUses {
  private final int own;
  private final Map<Long, GateUse> uses = new ConcurrentHashMap<>();

  /**
   * @param own experts of the model
   */
  GateUses(int own) {
    this.own = own;
  }

  /** Counts a request until its sink has heard its end. */
  RequestSink counted(long id, EngineRequest request, RequestSink sink) {
    GateUse use = request.gates().orElse(null);
    if (use == null || use.gates().experts() <= own) {
      return sink;
    }
    uses.put(id, use);
    return new Counted(sink, () -> uses.remove(id));
  }

  /** Requests that are here, running or waiting, and may wake an expert beside the model's own. */
  int mayWake(int expert) {
    return (int)
        uses.values().stream()
            .filter(use -> use.gates().experts() > expert && !use.mask().has(expert))
            .count();
  }

  /** Says when a request is over. */
  private record Counted(RequestSink sink, Runnable over) implements RequestSink {
    @Override
    public void admitted() {
      sink.admitted();
    }

    @Override
    public void promptLogits(int firstRow, int rows, float[] logits) {
      sink.promptLogits(firstRow, rows, logits);
    }

    @Override
    public void read(int promptTokens) {
      sink.read(promptTokens);
    }

    @Override
    public void token(TokenEvent event) {
      sink.token(event);
    }

    @Override
    public void snapshot(SequenceSnapshot snapshot) {
      sink.snapshot(snapshot);
    }

    @Override
    public void noSnapshot(String reason) {
      sink.noSnapshot(reason);
    }

    @Override
    public void generated(GenerationSummary summary) {
      over.run();
      sink.generated(summary);
    }

    @Override
    public void routed(RouteSummary summary) {
      over.run();
      sink.routed(summary);
    }

    @Override
    public void judged(int tokens, double loss) {
      over.run();
      sink.judged(tokens, loss);
    }

    @Override
    public void failed(Ending ending) {
      over.run();
      sink.failed(ending);
    }

    @Override
    public boolean behind() {
      return sink.behind();
    }
  }
}
