package dev.switchboard.router.engine;

import java.util.List;

/**
 * Finds stop strings in text that comes in pieces. Text is let go as soon as it cannot be the
 * beginning of a stop string. The stop string that is complete first ends the text, before its own
 * first character; of several that are complete with the same character the longest one. So the
 * answer does not depend on how the text is cut into pieces.
 */
final class StopStrings {
  private final List<String> stops;
  private final int longest;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  /**
   * @param stops none of them empty
   */
  StopStrings(List<String> stops) {
    for (String stop : stops) {
      if (stop.isEmpty()) {
        throw new IllegalArgumentException("a stop string is empty");
      }
    }
    this.stops = List.copyOf(stops);
    this.longest = stops.stream().mapToInt(String::length).max().orElse(0);
  }

  /** Whether a stop string was found; nothing more is let go then. */
  boolean stopped() {
    return stopped;
  }

  /** Takes more text and returns what is certain to stand before any stop string. */
  String accept(String text) {
    if (stopped) {
      return "";
    }
    if (longest == 0) {
      return text;
    }
    int scanned = held.length();
    held.append(text);
    for (int end = scanned + 1; end <= held.length(); end++) {
      int start = stopEndingAt(end);
      if (start >= 0) {
        stopped = true;
        String before = held.substring(0, start);
        held.setLength(0);
        return before;
      }
    }
    int keep = held.length() - possibleStart();
    String free = held.substring(0, held.length() - keep);
    held.delete(0, free.length());
    return free;
  }

  /** The text still held back: no stop string will come of it. */
  String finish() {
    String rest = held.toString();
    held.setLength(0);
    return rest;
  }

  private int stopEndingAt(int end) {
    int first = -1;
    for (String stop : stops) {
      int start = end - stop.length();
      if (start >= 0
          && (first < 0 || start < first)
          && heldStartsWith(stop, start, stop.length())) {
        first = start;
      }
    }
    return first;
  }

  /** Index of the longest end of the held text that begins a stop string. */
  private int possibleStart() {
    for (int start = Math.max(0, held.length() - longest + 1); start < held.length(); start++) {
      for (String stop : stops) {
        int length = held.length() - start;
        if (length < stop.length() && heldStartsWith(stop, start, length)) {
          return start;
        }
      }
    }
    return held.length();
  }

  private boolean heldStartsWith(String stop, int start, int length) {
    for (int i = 0; i < length; i++) {
      if (held.charAt(start + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
