package dev.switchboard.router.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a prompt and counts whom it woke. */
final class RouteRun implements SequenceRun {
  private final EngineRequest request;
  private final boolean perToken;
  private final RequestSink sink;
  private final CallCounts calls;
  private final long[] firstChoices;
  private final List<int[][]> kept = new ArrayList<>();
  private int rowsRead;

  RouteRun(EngineRequest request, Work.Route work, RequestSink sink, int moeLayers, int experts) {
    this.request = request;
    this.perToken = work.perToken();
    this.sink = sink;
    this.calls = new CallCounts(moeLayers, experts);
    this.firstChoices = new long[experts];
  }

  @Override
  public int[] tokens(Slice slice) {
    return Arrays.copyOfRange(request.prompt(), slice.firstRow(), slice.firstRow() + slice.rows());
  }

  @Override
  public boolean passed(Slice slice, float @Nullable [] logits, int[][][] choices, long nowNanos) {
    for (int[][] ofToken : choices) {
      calls.add(ofToken);
      for (int[] ofLayer : ofToken) {
        firstChoices[ofLayer[0]]++;
      }
      if (perToken) {
        kept.add(ofToken);
      }
    }
    rowsRead += slice.rows();
    if (rowsRead < request.prompt().length) {
      return false;
    }
    sink.routed(new RouteSummary(rowsRead, majority(firstChoices), calls, kept));
    return true;
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
