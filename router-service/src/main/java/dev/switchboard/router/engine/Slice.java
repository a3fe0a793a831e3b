package dev.switchboard.router.engine;

/**
 * One request's part of a step.
 *
 * @param firstRow index of the first prompt row, or -1 for the token generated last
 * @param rows rows of this part; 1 when generating
 * @param wantsLogits whether a token is chosen after the last row
 */
public record Slice(long id, int firstRow, int rows, boolean wantsLogits) {
  static Slice generated(long id) {
    return new Slice(id, -1, 1, true);
  }

  boolean isPrompt() {
    return firstRow >= 0;
  }
}
