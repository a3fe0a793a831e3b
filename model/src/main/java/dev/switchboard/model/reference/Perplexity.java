package dev.switchboard.model.reference;

import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.ExpertMask;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * How well a model foretells a text, as llama.cpp's perplexity program measures it: the tokens are
 * cut into windows, each read from a fresh state; of every window the second half is scored, whose
 * tokens have half a window before them. Where the tokenizer begins texts with a token, it takes
 * the place of each window's first. What does not fill a window is left out.
 */
public final class Perplexity {
  private static final int LEAST_WINDOW = 4;

  /**
   * What has been read so far.
   *
   * @param tokens scored
   * @param nats sum of the negative logarithms of their probabilities
   */
  public record Score(int windows, long tokens, double nats) {
    /** exp of the mean: as good as choosing among so many equally likely tokens. */
    public double perplexity() {
      return StrictMath.exp(nats / tokens);
    }
  }

  private Perplexity() {}

  /**
   * Reads a text.
   *
   * @param crew led by the calling thread
   * @param progress told after every window
   * @throws IllegalArgumentException if there are not two windows of tokens, as the figure would
   *     mean nothing
   */
  public static Score of(
      Model model, int[] ids, Settings settings, Crew crew, Consumer<Score> progress) {
    int window = settings.window();
    if (ids.length < 2 * window) {
      throw new IllegalArgumentException(
          "the text has %d tokens; at least two windows of %d are needed"
              .formatted(ids.length, window));
    }
    try (TokenLosses losses = new TokenLosses(model, crew)) {
      Score score = new Score(0, 0, 0);
      for (int at = 0; at + window <= ids.length; at += window) {
        int[] part = Arrays.copyOfRange(ids, at, at + window);
        int kept = part[0];
        part[0] = settings.first().orElse(kept);
        double[] nats = losses.of(part, window / 2 + 1, ExpertMask.NONE, scored -> {});
        score =
            new Score(
                score.windows() + 1,
                score.tokens() + nats.length,
                score.nats() + Arrays.stream(nats).sum());
        progress.accept(score);
      }
      return score;
    }
  }

  /**
   * @param window tokens of a window
   * @param first stands in the place of each window's first token
   */
  public record Settings(int window, OptionalInt first) {
    public Settings {
      if (window < LEAST_WINDOW) {
        throw new IllegalArgumentException(
            "a window of " + window + " tokens; expected " + LEAST_WINDOW + " or more");
      }
    }
  }
}
