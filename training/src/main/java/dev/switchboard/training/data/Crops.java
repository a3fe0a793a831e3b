package dev.switchboard.training.data;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Cuts training sequences out of domains. What a step reads depends on the seed and the step's
 * number alone, so a resumed run reads what the first would have read.
 */
public final class Crops {
  /** Share of crops that begin where a document begins. */
  private static final double AT_DOCUMENT_START = 0.1;

  private Crops() {}

  /**
   * The batch of one step, domain by domain.
   *
   * @param perDomain sequences of each domain
   * @param length tokens each sequence reads
   */
  public static Batch training(
      List<Domain> domains, int perDomain, int length, long seed, long step) {
    Batch batch = Batch.empty(domains.size() * perDomain, length);
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
    int row = 0;
    for (Domain domain : domains) {
      for (int i = 0; i < perDomain; i++) {
        batch.fill(row++, domain.train(), start(domain.train(), length, random));
      }
    }
    return batch;
  }

  /**
   * Evenly spaced windows of the held-out texts, the same in every evaluation; a short text is read
   * as training is.
   */
  public static Batch heldOut(List<Domain> domains, int perDomain, int length) {
    Batch batch = Batch.empty(domains.size() * perDomain, length);
    int row = 0;
    for (Domain domain : domains) {
      int[] text = domain.test().length > length + 1 ? domain.test() : domain.train();
      for (int i = 0; i < perDomain; i++) {
        long room = Math.max(1, text.length - length - 1);
        batch.fill(row++, text, (int) (room * i / perDomain));
      }
    }
    return batch;
  }

  private static int start(int[] text, int length, SplittableRandom random) {
    int at = random.nextInt(Math.max(1, text.length - length - 1));
    if (random.nextDouble() >= AT_DOCUMENT_START) {
      return at;
    }
    for (int i = at; i < Math.min(text.length - length - 1, at + 20_000); i++) {
      if (text[i] == Vocabulary.END_OF_TEXT) {
        return i;
      }
    }
    return at;
  }

  /**
   * Sequences side by side.
   *
   * @param inputs {@code [rows, length]}
   * @param targets {@code [rows, length]}: the token after each input
   */
  public record Batch(int rows, int length, long[] inputs, long[] targets) {
    static Batch empty(int rows, int length) {
      return new Batch(rows, length, new long[rows * length], new long[rows * length]);
    }

    /** A text shorter than a sequence is read round and round. */
    void fill(int row, int[] text, int from) {
      for (int t = 0; t < length; t++) {
        inputs[row * length + t] = text[(from + t) % text.length];
        targets[row * length + t] = text[(from + t + 1) % text.length];
      }
    }

    public int tokens() {
      return inputs.length;
    }
  }
}
