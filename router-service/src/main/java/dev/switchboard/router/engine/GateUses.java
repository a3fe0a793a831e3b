package dev.switchboard.router.engine;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** By what those requests are routed whose gates know experts beside the model's own. */
final class GateUses {
  private final int own;
  private final Supplier<ExpertMask> leaving;
  private final Map<Long, GateUse> uses = new ConcurrentHashMap<>();

  /**
   * @param own experts of the model
   * @param leaving experts beside those that nobody may wake any more, now
   */
  GateUses(int own, Supplier<ExpertMask> leaving) {
    this.own = own;
    this.leaving = leaving;
  }

  /**
   * Counts a request until its {@link #counted sink} has heard its end. It was given its experts a
   * while ago: one that leaves is not among them any more. Whoever takes an expert out says so
   * first and counts then, and this counts first and looks then, so one of the two sees the other.
   */
  EngineRequest admitted(long id, EngineRequest request) {
    GateUse use = request.gates().orElse(null);
    if (use == null || use.gates().experts() <= own) {
      return request;
    }
    uses.put(id, use);
    GateUse left = use.without(leaving.get());
    try {
      left.check();
    } catch (IllegalArgumentException e) {
      // Too few would be left: it keeps its experts, and they wait for it.
      return request;
    }
    uses.put(id, left);
    return request.under(left);
  }

  /** Hears the end of an {@link #admitted} request. */
  RequestSink counted(long id, RequestSink sink) {
    return uses.containsKey(id) ? new Counted(sink, () -> uses.remove(id)) : sink;
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
