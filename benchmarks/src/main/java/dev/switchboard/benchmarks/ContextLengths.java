package dev.switchboard.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lengths of texts as people write them: {@code 1k,10k,1M}, where k is 1,000 and M 1,000,000. */
final class ContextLengths {
  /** Tokens at the end of each length that are timed. */
  static final int WINDOW = 1000;

  private static final long MOST = 1_000_000_000;

  private ContextLengths() {}

  /**
   * Ascending lengths of a window at least.
   *
   * @throws UsageException naming what is none
   */
  static List<Long> parse(String text) {
    List<Long> lengths = new ArrayList<>();
    for (String word : text.split(",", -1)) {
      long length = length(word.strip());
      if (!lengths.isEmpty() && length <= lengths.getLast()) {
        throw new UsageException("--lengths " + text + ": expected ascending lengths");
      }
      lengths.add(length);
    }
    return lengths;
  }

  private static long length(String word) {
    String lower = word.toLowerCase(Locale.ROOT);
    long unit = lower.endsWith("k") ? 1_000 : lower.endsWith("m") ? 1_000_000 : 1;
    String digits = unit == 1 ? lower : lower.substring(0, lower.length() - 1);
    if (!digits.matches("[0-9]{1,10}")) {
      throw new UsageException("--lengths: " + word + " is no length; write 1000, 10k or 1M");
    }
    long length = Long.parseLong(digits) * unit;
    if (length < WINDOW || length > MOST) {
      throw new UsageException(
          "--lengths: %s: expected %d to %d tokens".formatted(word, WINDOW, MOST));
    }
    return length;
  }

  /** For people: 1k, 32k, 1M. */
  static String text(long tokens) {
    if (tokens % 1_000_000 == 0) {
      return tokens / 1_000_000 + "M";
    }
    return tokens % 1000 == 0 ? tokens / 1000 + "k" : Long.toString(tokens);
  }
}
