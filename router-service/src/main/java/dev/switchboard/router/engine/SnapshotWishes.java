package dev.switchboard.router.engine;

/**
 * When a request's state is handed to its sink ({@link RequestSink#snapshot}).
 *
 * @param everyTokens after the step that brings it to or past a multiple of so many tokens, read or
 *     generated; 0: never
 * @param atEnd when the generation is complete: behind all tokens but the last, which it names
 * @param maxBytes of one, as written; a larger one is not made
 */
public record SnapshotWishes(int everyTokens, boolean atEnd, long maxBytes) {
  public static final SnapshotWishes NONE = new SnapshotWishes(0, false);

  public SnapshotWishes {
    if (everyTokens < 0 || maxBytes < 0) {
      throw new IllegalArgumentException(
          "a state every %d tokens of %d bytes at most".formatted(everyTokens, maxBytes));
    }
  }

  /** Of any size. */
  public SnapshotWishes(int everyTokens, boolean atEnd) {
    this(everyTokens, atEnd, Long.MAX_VALUE);
  }

  /** Whether one is due at this position, if the last is of that one. */
  boolean due(long position, long last) {
    return everyTokens > 0 && position / everyTokens > last / everyTokens;
  }
}
