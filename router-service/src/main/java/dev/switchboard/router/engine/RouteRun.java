package dev.switchboard.router.engine;

import dev.switchboard.model.GateInputs;
import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a prompt and counts whom it woke. */
final class RouteRun implements SequenceRun {
  private final EngineRequest request;
  private final boolean perToken;
  private final RequestSink sink;
  private final CallCounts calls;
  private long[] firstChoices;
  private final List<TokenChoices> kept = new ArrayList<>();
  private final boolean wantsInputs;
  private final int dModel;
  private @Nullable GateInputs inputs;
  private int rowsRead;

  RouteRun(EngineRequest request, Work.Route work, RequestSink sink, EngineModel model) {
    this.request = request;
    this.perToken = work.perToken();
    this.wantsInputs = work.gateInputs();
    this.dModel = model.trunk().plan().dModel();
    this.sink = sink;
    this.calls = model.noCalls();
    this.firstChoices = new long[model.experts()];
  }

  @Override
  public void started(SequenceState state) {
    if (wantsInputs) {
      inputs = new GateInputs(dModel);
      state.keepGateInputs(inputs);
    }
  }

  @Override
  public int[] tokens(Slice slice) {
    return Arrays.copyOfRange(request.prompt(), slice.firstRow(), slice.firstRow() + slice.rows());
  }

  @Override
  public int[] known() {
    return request.prompt();
  }

  @Override
  public @Nullable Runnable passed(
      Slice slice, float @Nullable [] logits, RoutingTrace choices, long nowNanos) {
    calls.add(choices);
    for (int token = 0; token < choices.tokens(); token++) {
      for (int layer = 0; layer < choices.moeLayers(); layer++) {
        int first = choices.expert(token, layer, 0);
        if (first >= firstChoices.length) {
          firstChoices = Arrays.copyOf(firstChoices, first + 1);
        }
        firstChoices[first]++;
      }
      if (perToken) {
        kept.add(TokenChoices.of(choices, token));
      }
    }
    rowsRead += slice.rows();
    if (rowsRead < request.prompt().length) {
      return null;
    }
    RouteSummary summary =
        new RouteSummary(
            rowsRead, majority(firstChoices), calls, kept, Optional.ofNullable(inputs));
    return () -> sink.routed(summary);
  }

  static int majority(long[] votes) {
    int best = 0;
    for (int expert = 1; expert < votes.length; expert++) {
      if (votes[expert] > votes[best]) {
        best = expert;
      }
    }
    return best;
  }

  @Override
  public RequestSink sink() {
    return sink;
  }

  @Override
  public String name() {
    return request.name();
  }
}
