package dev.switchboard.training.data;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Where lines begin in a text. A first token is drawn by the square root of how many lines begin
 * with it, so that rare beginnings are met too.
 */
public final class LineStarts {
  private final int[][] byFirst;
  private final double[] upTo;

  public LineStarts(int[] text, LineHints hints, int last) {
    TreeMap<Integer, IntStream.Builder> found = new TreeMap<>();
    boolean begins = true;
    for (int i = 0; i < last; i++) {
      int token = text[i];
      if (begins && !hints.blank()[token] && token != Vocabulary.END_OF_TEXT) {
        int first = hints.withoutSpace()[token];
        found.computeIfAbsent(first, key -> IntStream.builder()).add(i);
        begins = false;
      }
      begins |= hints.breaksLine()[token] || token == Vocabulary.END_OF_TEXT;
    }
    byFirst = found.values().stream().map(b -> b.build().toArray()).toArray(int[][]::new);
    upTo = new double[byFirst.length];
    double sum = 0;
    for (int i = 0; i < upTo.length; i++) {
      sum += Math.sqrt(byFirst[i].length);
      upTo[i] = sum;
    }
  }

  public boolean isEmpty() {
    return byFirst.length == 0;
  }

  /** The position of some line's first token. */
  public int draw(SplittableRandom random) {
    int at = Arrays.binarySearch(upTo, random.nextDouble(upTo[upTo.length - 1]));
    int[] positions = byFirst[Math.min(at < 0 ? -at - 1 : at + 1, byFirst.length - 1)];
    return positions[random.nextInt(positions.length)];
  }
}
