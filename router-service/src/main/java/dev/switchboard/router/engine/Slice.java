package dev.switchboard.router.engine;

/**
 * One request's part of a step.
 *
 * @param firstRow index of the first row in the request's tokens; -1 for the token generated last
 * @param rows rows of this part; 1 when generating
 * @param wantsLogits whether a token is chosen after the last row
 */
public record Slice(long id, Kind kind, int firstRow, int rows, boolean wantsLogits) {
  /** What the rows are to their request. */
  public enum Kind {
    PROMPT,
    /** Rows that were computed before and whose state was given up: nobody hears of them. */
    REPEATED,
    GENERATED
  }

  static Slice prompt(long id, int firstRow, int rows, boolean wantsLogits) {
    return new Slice(id, Kind.PROMPT, firstRow, rows, wantsLogits);
  }

  static Slice repeated(long id, int firstRow, int rows) {
    return new Slice(id, Kind.REPEATED, firstRow, rows, false);
  }

  static Slice generated(long id) {
    return new Slice(id, Kind.GENERATED, -1, 1, true);
  }

  boolean isPrompt() {
    return kind == Kind.PROMPT;
  }

  boolean isRepeated() {
    return kind == Kind.REPEATED;
  }

  boolean isGenerated() {
    return kind == Kind.GENERATED;
  }
}
