package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.sampling.LogProbs;
import dev.switchboard.model.sampling.LogitsDigest;
import dev.switchboard.model.sampling.Sampler;
import dev.switchboard.model.sampling.SamplingParams;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads a prompt and then generates, token by token. */
final class GenerationRun implements SequenceRun {
  private static final int[] NO_HISTORY = {};
  private static final int[][] NO_CHOICES = {};

  private final EngineRequest request;
  private final GenerationSpec spec;
  private final RequestSink sink;
  private final TokenBuffer ids;
  private final int promptTokens;
  private final TextStream text;
  private final CallCounts calls;
  private final @Nullable LogitsDigest digest;
  private final long startNanos;
  private final BitSet degraded = new BitSet();
  private long firstTokenNanos;
  private int generated;

  GenerationRun(
      EngineRequest request,
      Work.Generate work,
      RequestSink sink,
      EngineModel model,
      long nowNanos) {
    this.request = request;
    this.spec = work.spec();
    this.sink = sink;
    this.ids = new TokenBuffer(request.prompt());
    this.promptTokens = request.declaredTokens();
    int[] prompt = Arrays.copyOf(request.prompt(), promptTokens);
    this.text = new TextStream(model.newText(prompt), spec.silentTokens(), spec.stop());
    this.calls = model.noCalls();
    // Of a part of the tokens it would name nothing.
    boolean whole = request.resumed().generated() == 0;
    this.digest = whole && spec.report().digest() ? new LogitsDigest() : null;
    this.startNanos = nowNanos;
  }

  /** Runs through what was generated before; tells the reader what it does not have of that. */
  @Override
  public @Nullable Runnable begin(long nowNanos) {
    firstTokenNanos = nowNanos;
    while (generated < request.resumed().generated()) {
      int token = ids.at(promptTokens + generated);
      boolean told = generated < request.resumed().delivered();
      generated++;
      boolean ends = spec.endTokens().contains(token);
      String added = ends ? "" : text.accept(token);
      if (!told) {
        sink.token(new TokenEvent(token, added, NO_CHOICES));
      }
      FinishReason reason = reason(ends);
      if (reason != null) {
        return finished(reason, nowNanos);
      }
    }
    return null;
  }

  @Override
  public void started(SequenceState state) {
    if (spec.degrade()) {
      state.bearLoss();
    }
  }

  @Override
  public int degraded(int first, BitSet rows) {
    int before = degraded.cardinality();
    rows.stream().forEach(row -> degraded.set(first + row));
    return degraded.cardinality() - before;
  }

  @Override
  public int[] tokens(Slice slice) {
    return slice.isGenerated()
        ? new int[] {ids.last()}
        : ids.range(slice.firstRow(), slice.firstRow() + slice.rows());
  }

  @Override
  public int[] known() {
    return ids.toArray();
  }

  @Override
  public Logits logits(Slice slice) {
    boolean all = slice.isPrompt() && spec.report().promptLogits();
    return all ? Logits.ALL : SequenceRun.super.logits(slice);
  }

  @Override
  public @Nullable Runnable passed(
      Slice slice, float @Nullable [] logits, RoutingTrace choices, long nowNanos) {
    calls.add(choices);
    if (slice.isPrompt()) {
      sink.read(slice.firstRow() + slice.rows());
    }
    if (logits(slice) == Logits.ALL) {
      sink.promptLogits(slice.firstRow(), slice.rows(), Objects.requireNonNull(logits, "logits"));
    }
    if (!slice.wantsLogits()) {
      return null;
    }
    if (generated == request.resumed().generated()) {
      firstTokenNanos = nowNanos;
    }
    return choose(lastRow(slice, Objects.requireNonNull(logits, "logits")), choices, nowNanos);
  }

  private float[] lastRow(Slice slice, float[] logits) {
    if (logits(slice) != Logits.ALL || slice.rows() == 1) {
      return logits;
    }
    int vocabulary = logits.length / slice.rows();
    return Arrays.copyOfRange(logits, logits.length - vocabulary, logits.length);
  }

  /** Chooses the next token from the logits, [vocabulary], behind the last of these tokens. */
  private @Nullable Runnable choose(float[] logits, RoutingTrace choices, long nowNanos) {
    if (digest != null) {
      digest.add(logits);
    }
    SamplingParams sampling = spec.sampling();
    int token =
        spec.forced().isEmpty()
            ? Sampler.sample(logits, sampling, history(sampling), promptTokens, ids.length())
            : spec.forced().get(generated);
    ids.add(token);
    generated++;
    boolean ends = spec.endTokens().contains(token);
    String added = ends ? "" : text.accept(token);
    sink.token(event(token, added, logits, choices));
    FinishReason reason = reason(ends);
    return reason == null ? null : finished(reason, nowNanos);
  }

  /** Why the generation is complete, if it is. */
  private @Nullable FinishReason reason(boolean ends) {
    if (ends) {
      return FinishReason.END_TOKEN;
    }
    if (text.stopped()) {
      return FinishReason.STOP_STRING;
    }
    return generated >= spec.maxTokens() ? FinishReason.LENGTH : null;
  }

  private Runnable finished(FinishReason reason, long nowNanos) {
    GenerationSummary summary = summary(reason, nowNanos);
    return () -> sink.generated(summary);
  }

  private int[] history(SamplingParams sampling) {
    boolean penalised =
        sampling.repetitionPenalty() != 1
            || sampling.presencePenalty() != 0
            || sampling.frequencyPenalty() != 0;
    return penalised ? ids.toArray() : NO_HISTORY;
  }

  private TokenEvent event(int token, String added, float[] logits, RoutingTrace choices) {
    int last = choices.tokens() - 1;
    int[][] experts = TokenChoices.of(choices, last).experts();
    boolean without = choices.degraded().get(last);
    if (!spec.report().chosenLogprob() && spec.report().topLogprobs() == 0) {
      return new TokenEvent(token, added, experts, 0, List.of(), without);
    }
    LogProbs logprobs = LogProbs.of(logits);
    List<TokenEvent.Alternative> top =
        logprobs.top(spec.report().topLogprobs()).stream()
            .map(entry -> new TokenEvent.Alternative(entry.token(), entry.logProb()))
            .toList();
    return new TokenEvent(token, added, experts, logprobs.of(token), top, without);
  }

  private GenerationSummary summary(FinishReason reason, long nowNanos) {
    String rest = text.finish();
    // The characters that were incomplete may have been the last of a stop string.
    FinishReason last = text.stopped() ? FinishReason.STOP_STRING : reason;
    return new GenerationSummary(
        last,
        promptTokens,
        generated,
        spec.sampling().seed(),
        rest,
        digest == null ? "" : digest.hex(),
        calls,
        degraded.cardinality(),
        firstTokenNanos - startNanos,
        nowNanos - firstTokenNanos);
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
