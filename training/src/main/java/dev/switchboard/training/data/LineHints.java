package dev.switchboard.training.data;

import java.io.Serializable;

/**
 * What token ids tell about lines.
 *
 * @param breaksLine whether a line ends in this token
 * @param blank whether it is white space alone
 * @param withoutSpace the same token without its leading space, or itself: a line that is indented
 *     in its file begins without one when it is typed
 */
public record LineHints(boolean[] breaksLine, boolean[] blank, int[] withoutSpace)
    implements Serializable {
  /** For tokens that know of no lines. */
  public static LineHints none(int vocabulary) {
    int[] same = new int[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      same[i] = i;
    }
    return new LineHints(new boolean[vocabulary], new boolean[vocabulary], same);
  }
}
