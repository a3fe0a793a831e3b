package dev.switchboard.model.reference;

import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.ExpertMask;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;

/**
 * How well a model foretells texts, counted by their bytes, so that models with different
 * vocabularies can be compared. A text is read from a fresh state, as far as the window goes, then
 * from a fresh state again; every token is scored.
 */
public final class Evaluation implements AutoCloseable {
  /** Tokens behind a fresh state that are counted by themselves. */
  public static final int FIRST_TOKENS = 64;

  private final TokenLosses losses;
  private final Settings settings;
  private final double blindNats;

  /**
   * @param crew led by the calling thread
   */
  public Evaluation(Model model, Settings settings, Crew crew) {
    losses = new TokenLosses(model, crew);
    this.settings = settings;
    blindNats = StrictMath.log(model.plan().vocabulary());
  }

  /**
   * @param window tokens that are read from one fresh state at the most
   * @param start stands before every window; without it a window's first token, which nothing
   *     foretells, costs as much as any token of the vocabulary would
   */
  public record Settings(int window, OptionalInt start) {
    public Settings {
      if (window < 2) {
        throw new IllegalArgumentException("a window of " + window + " tokens; expected 2 or more");
      }
    }
  }

  /**
   * @param nats sum of the negative logarithms of the tokens' probabilities
   * @param firstTokens those among the tokens that are a window's first {@link #FIRST_TOKENS}
   * @param firstNats their share of {@code nats}
   */
  public record Score(
      long bytes, long tokens, double nats, int windows, long firstTokens, double firstNats) {
    public static final Score NOTHING = new Score(0, 0, 0, 0, 0, 0);

    public Score plus(Score other) {
      return new Score(
          bytes + other.bytes,
          tokens + other.tokens,
          nats + other.nats,
          windows + other.windows,
          firstTokens + other.firstTokens,
          firstNats + other.firstNats);
    }

    public double bitsPerByte() {
      return nats / StrictMath.log(2) / bytes;
    }

    /** exp of the mean: as good as choosing among so many equally likely tokens. */
    public double perplexity() {
      return StrictMath.exp(nats / tokens);
    }
  }

  /**
   * Scores one text.
   *
   * @param ids its tokens, without any that the tokenizer puts before a text
   * @param bytes of the text in UTF-8
   * @param progress told how many of the text's tokens have been read
   */
  public Score of(int[] ids, long bytes, LongConsumer progress) {
    return of(ids, bytes, ExpertMask.NONE, progress);
  }

  /** The same where some experts may not be woken: all but one, say, which so takes every token. */
  public Score of(int[] ids, long bytes, ExpertMask mask, LongConsumer progress) {
    Score score = new Score(bytes, 0, 0, 0, 0, 0);
    for (int at = 0; at < ids.length; at += settings.window()) {
      int before = at;
      int[] window = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + settings.window()));
      score = score.plus(window(window, mask, scored -> progress.accept(before + scored)));
    }
    return score;
  }

  private Score window(int[] ids, ExpertMask mask, IntConsumer progress) {
    double[] nats = new double[ids.length];
    if (settings.start().isPresent()) {
      int[] started = new int[ids.length + 1];
      started[0] = settings.start().getAsInt();
      System.arraycopy(ids, 0, started, 1, ids.length);
      nats = losses.of(started, 1, mask, progress);
    } else {
      nats[0] = blindNats;
      System.arraycopy(losses.of(ids, 1, mask, progress), 0, nats, 1, ids.length - 1);
    }
    int first = Math.min(FIRST_TOKENS, nats.length);
    double firstNats = Arrays.stream(nats, 0, first).sum();
    return new Score(0, nats.length, Arrays.stream(nats).sum(), 1, first, firstNats);
  }

  @Override
  public void close() {
    losses.close();
  }
}
