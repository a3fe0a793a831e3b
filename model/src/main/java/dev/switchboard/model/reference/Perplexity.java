package dev.switchboard.model.reference;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.ForwardProbe;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.sampling.LogProbs;
import java.util.Arrays;
import java.util.List;
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

  /** Rows whose logits are computed at once. */
  private static final int ROWS = 64;

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

  private final Model model;
  private final LocalExperts experts;
  private final Trunk trunk;
  private final ForwardPass pass;
  private final int window;
  private long sequences;

  private Perplexity(Model model, LocalExperts experts, Crew crew, int window) {
    this.model = model;
    this.experts = experts;
    this.trunk = model.trunk();
    this.pass = new ForwardPass(trunk, experts, ForwardProbe.NONE, crew);
    this.window = window;
  }

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
    try (LocalExperts experts = model.localExperts(crew)) {
      Perplexity perplexity = new Perplexity(model, experts, crew, window);
      Score score = new Score(0, 0, 0);
      for (int at = 0; at + window <= ids.length; at += window) {
        int[] part = Arrays.copyOfRange(ids, at, at + window);
        int kept = part[0];
        part[0] = settings.first().orElse(kept);
        score = perplexity.window(part, score);
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

  private Score window(int[] ids, Score before) {
    long id = sequences++;
    double nats = before.nats();
    int scored = window / 2;
    try (SequenceState sequence = trunk.newSequence(id, window)) {
      run(new StepSegment(sequence, Arrays.copyOf(ids, scored), Logits.NONE));
      for (int at = scored; at < window - 1; at += ROWS) {
        int end = Math.min(window - 1, at + ROWS);
        int[] rows = Arrays.copyOfRange(ids, at, end);
        StepResult result = run(new StepSegment(sequence, rows, Logits.ALL));
        nats += nats(result.logits()[0], Arrays.copyOfRange(ids, at + 1, end + 1));
      }
    } finally {
      experts.release(id);
    }
    return new Score(before.windows() + 1, before.tokens() + window - 1 - scored, nats);
  }

  /** Of the tokens that follow each row of logits {@code [next.length, vocabulary]}. */
  private double nats(float[] logits, int[] next) {
    int vocabulary = model.plan().vocabulary();
    double sum = 0;
    for (int row = 0; row < next.length; row++) {
      float[] one = Arrays.copyOfRange(logits, row * vocabulary, (row + 1) * vocabulary);
      sum -= LogProbs.of(one).of(next[row]);
    }
    return sum;
  }

  private StepResult run(StepSegment segment) {
    StepResult result = pass.run(List.of(segment));
    result
        .failure(0)
        .ifPresent(failure -> {
          throw new IllegalStateException(failure.reason());
        });
    return result;
  }
}
