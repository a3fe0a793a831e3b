package dev.switchboard.router.gates;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.router.engine.Ending;
import dev.switchboard.router.engine.Engine;
import dev.switchboard.router.engine.EngineRequest;
import dev.switchboard.router.engine.SilentSink;
import dev.switchboard.router.engine.Work;
import java.time.Duration;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Beginnings of requests, read by two versions to compare their loss: the same texts for both, each
 * text once for a pair, one at a time. Nothing of them leaves this process or is written down.
 */
final class GateProbes {
  private static final int MOST_TEXTS = 64;
  private static final int MOST_TOKENS = 96;
  private static final int LEAST_TOKENS = 16;
  private static final int CHUNK_TOKENS = 32;
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  /** Probes share one place among the engine's clients. */
  private static final String CLIENT = "gates";

  private final TreeMap<Long, Text> texts = new TreeMap<>();
  private long nextText;
  private @Nullable GatePair pair;
  private long nextOfPair;
  private boolean underWay;

  /** The beginning of a request, and what it may not wake. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Text(int[] tokens, ExpertMask mask) {}

  /** What came of a probe; losses are sums in nats. */
  record Losses(int tokens, double loss, double otherLoss) {}

  synchronized void begins(int[] prompt, ExpertMask mask) {
    if (prompt.length >= LEAST_TOKENS) {
      int[] tokens = Arrays.copyOf(prompt, Math.min(prompt.length, MOST_TOKENS));
      texts.put(nextText++, new Text(tokens, mask));
      if (texts.size() > MOST_TEXTS) {
        texts.pollFirstEntry();
      }
    }
  }

  /** A text for a pair, if there is one that it has not had, and no other is being read. */
  synchronized @Nullable Text next(GatePair wanted) {
    if (!wanted.equals(pair)) {
      pair = wanted;
      nextOfPair = 0;
    }
    var text = texts.ceilingEntry(nextOfPair);
    if (text == null || underWay) {
      return null;
    }
    nextOfPair = text.getKey() + 1;
    underWay = true;
    return text.getValue();
  }

  private synchronized void over() {
    underWay = false;
  }

  /** Reads a text with both; the answer comes on the engine's thread. */
  CompletionStage<Losses> read(Engine engine, Text text, GateSet gates, GateSet others) {
    CompletableFuture<Losses> both =
        judge(engine, text, gates)
            .thenCombine(
                judge(engine, text, others),
                (one, two) -> new Losses(text.tokens().length - 1, one, two));
    both.whenComplete((losses, failure) -> over());
    return both;
  }

  private static CompletableFuture<Double> judge(Engine engine, Text text, GateSet gates) {
    long id = engine.newId();
    Answer answer = new Answer();
    EngineRequest request =
        new EngineRequest(
                "gates-" + Long.toHexString(id),
                CLIENT,
                text.tokens(),
                CHUNK_TOKENS,
                System.nanoTime() + DEADLINE.toNanos(),
                new Work.Judge())
            .under(GateUse.of(gates).without(text.mask()));
    engine.submit(id, request, answer);
    return answer.loss;
  }

  private static final class Answer extends SilentSink {
    private final CompletableFuture<Double> loss = new CompletableFuture<>();

    @Override
    public void judged(int tokens, double sum) {
      loss.complete(sum);
    }

    @Override
    public void failed(Ending ending) {
      loss.completeExceptionally(new IllegalStateException(ending.message()));
    }
  }
}
