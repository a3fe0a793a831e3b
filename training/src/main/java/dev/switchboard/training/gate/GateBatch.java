package dev.switchboard.training.gate;

import dev.switchboard.training.data.LineHints;
import dev.switchboard.training.data.LineStarts;
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
  private static final int SHORT = 16;

  /** One domain's tokens and where its lines begin. */
  record Text(int[] tokens, LineStarts lines, int[] withoutSpace) {
    static Text of(int[] tokens, LineHints hints) {
      int last = Math.max(1, tokens.length - SequenceLengths.LONGEST - 1);
      return new Text(tokens, new LineStarts(tokens, hints, last), hints.withoutSpace());
    }
  }

  /**
   * The micro-batch {@code number} of {@code step}: the same for every way of sharing out the work.
   *
   * @param length tokens of each sequence
   */
  static GateBatch of(List<Text> texts, int length, long seed, long step, int number) {
    int perDomain = TOKENS_PER_DOMAIN / length;
    int rows = texts.size() * perDomain;
    GateBatch batch =
        new GateBatch(
            rows, length, new long[rows * length], new long[rows * length], new int[rows]);
    SplittableRandom random = new SplittableRandom((seed * 1_000_003 + step) * 1_000_003 + number);
    for (int row = 0; row < rows; row++) {
      int domain = row / perDomain;
      batch.domains[row] = domain;
      batch.fill(row, texts.get(domain), random);
    }
    return batch;
  }

  /** Anywhere, at the start of a line, or at a document's; what is short is mostly a line. */
  private void fill(int row, Text text, SplittableRandom random) {
    boolean brief = length <= SHORT;
    double kind = random.nextDouble();
    boolean line = kind < (brief ? 0.7 : 0.35) && !text.lines().isEmpty();
    boolean document = kind > 0.85;
    int from = line ? text.lines().draw(random) : anywhere(text.tokens(), document, length, random);
    copy(row, text.tokens(), from);
    if (line) {
      int first = row * length;
      inputs[first] = text.withoutSpace()[(int) inputs[first]];
    }
  }

  private static int anywhere(int[] text, boolean document, int length, SplittableRandom random) {
    int last = Math.max(1, text.length - length - 1);
    int at = random.nextInt(last);
    if (document) {
      for (int i = at; i < Math.min(last, at + 5_000); i++) {
        if (text[i] == Vocabulary.END_OF_TEXT) {
          return i;
        }
      }
    }
    return at;
  }

  private void copy(int row, int[] text, int from) {
    for (int t = 0; t < length; t++) {
      inputs[row * length + t] = text[(from + t) % text.length];
      targets[row * length + t] = text[(from + t + 1) % text.length];
    }
  }

  int tokens() {
    return inputs.length;
  }
}
