package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.sampling.LogProbs;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads a prompt and sums up how unlikely each of its tokens was behind those before it. */
final class JudgeRun implements SequenceRun {
  private final EngineRequest request;
  private final RequestSink sink;
  private double loss;
  private int rowsRead;

  JudgeRun(EngineRequest request, RequestSink sink) {
    this.request = request;
    this.sink = sink;
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
  public Logits logits(Slice slice) {
    return Logits.ALL;
  }

  @Override
  public @Nullable Runnable passed(
      Slice slice, float @Nullable [] logits, RoutingTrace choices, long nowNanos) {
    float[] all = Objects.requireNonNull(logits, "logits");
    int[] prompt = request.prompt();
    int vocabulary = all.length / slice.rows();
    for (int row = 0; row < slice.rows(); row++) {
      int next = slice.firstRow() + row + 1;
      if (next < prompt.length) {
        float[] one = Arrays.copyOfRange(all, row * vocabulary, (row + 1) * vocabulary);
        loss -= LogProbs.of(one).of(prompt[next]);
      }
    }
    rowsRead += slice.rows();
    int tokens = prompt.length - 1;
    return rowsRead < prompt.length ? null : () -> sink.judged(tokens, loss);
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
