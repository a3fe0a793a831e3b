package dev.switchboard.router.gates;

import java.util.ArrayDeque;

/**
 * The loss of two versions on the same texts: the last ones. Paired by text, since texts differ by
 * far more than gates do. For one thread at a time.
 */
final class GateLosses {
  private static final int MOST_TEXTS = 64;

  private final ArrayDeque<Text> texts = new ArrayDeque<>();

  /**
   * @param tokens that were foretold
   * @param loss of all of them, in nats
   */
  private record Text(int tokens, double loss, double otherLoss) {
    double difference() {
      return (loss - otherLoss) / tokens;
    }
  }

  /**
   * What the texts say together.
   *
   * @param loss mean of a token, in nats
   * @param difference mean over the texts of how much more a token costs than under the other
   * @param error standard error of that
   */
  record Summary(
      int texts, long tokens, double loss, double otherLoss, double difference, double error) {
    static final Summary NONE = new Summary(0, 0, 0, 0, 0, 0);

    /** How much more the loss is than the other's, as a part of it. */
    double rise() {
      return otherLoss > 0 ? loss / otherLoss - 1 : 0;
    }
  }

  void add(int tokens, double loss, double otherLoss) {
    texts.add(new Text(tokens, loss, otherLoss));
    if (texts.size() > MOST_TEXTS) {
      texts.remove();
    }
  }

  Summary summary() {
    if (texts.isEmpty()) {
      return Summary.NONE;
    }
    long tokens = texts.stream().mapToLong(Text::tokens).sum();
    double mean = texts.stream().mapToDouble(Text::difference).average().orElse(0);
    double squares =
        texts.stream().mapToDouble(text -> Math.pow(text.difference() - mean, 2)).sum();
    int n = texts.size();
    double error = n < 2 ? Double.POSITIVE_INFINITY : Math.sqrt(squares / (n - 1) / n);
    return new Summary(
        n,
        tokens,
        texts.stream().mapToDouble(Text::loss).sum() / tokens,
        texts.stream().mapToDouble(Text::otherLoss).sum() / tokens,
        mean,
        error);
  }
}
