package dev.switchboard.training.gate;

import dev.switchboard.training.data.Vocabulary;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Sequences for the gate, all from a fresh state: as a served model meets them, so most are short,
 * many begin where a line or a document begins, and some are long.
 *
 * @param inputs {@code [rows, length]}
 * @param targets {@code [rows, length]}
 * @param domains domain of each row
 */
record GateBatch(int rows, int length, long[] inputs, long[] targets, int[] domains) {
  private static final int TOKENS_PER_DOMAIN = 256;
  private static final int[] LENGTHS = {64, 16, 64, 256};

  /**
   * The micro-batch {@code number} of {@code step}: the same for every way of sharing out the work.
   *
   * @param texts tokens of each domain
   * @param lineStart whether a line begins after this token
   */
  static GateBatch of(List<int[]> texts, boolean[] lineStart, long seed, long step, int number) {
    int length = LENGTHS[(int) (step % LENGTHS.length)];
    int perDomain = TOKENS_PER_DOMAIN / length;
    int rows = texts.size() * perDomain;
    GateBatch batch =
        new GateBatch(
            rows, length, new long[rows * length], new long[rows * length], new int[rows]);
    SplittableRandom random = new SplittableRandom((seed * 1_000_003 + step) * 1_000_003 + number);
    for (int row = 0; row < rows; row++) {
      int domain = row / perDomain;
      int[] text = texts.get(domain);
      batch.domains[row] = domain;
      batch.fill(row, text, start(text, lineStart, length, random));
    }
    return batch;
  }

  /** Half anywhere, a third at the start of a line, the rest at a document's. */
  private static int start(int[] text, boolean[] lineStart, int length, SplittableRandom random) {
    int last = Math.max(1, text.length - length - 1);
    int at = random.nextInt(last);
    double kind = random.nextDouble();
    if (kind < 0.5) {
      return at;
    }
    boolean document = kind > 0.83;
    for (int i = at; i < Math.min(last, at + 2_000); i++) {
      if (document ? text[i] == Vocabulary.END_OF_TEXT : lineStart[text[i]]) {
        return document ? i : i + 1;
      }
    }
    return at;
  }

  private void fill(int row, int[] text, int from) {
    for (int t = 0; t < length; t++) {
      inputs[row * length + t] = text[(from + t) % text.length];
      targets[row * length + t] = text[(from + t + 1) % text.length];
    }
  }

  int tokens() {
    return inputs.length;
  }
}
