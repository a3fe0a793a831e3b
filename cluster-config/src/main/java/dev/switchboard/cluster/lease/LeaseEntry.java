package dev.switchboard.cluster.lease;

import java.util.Optional;

/**
 * Who has the lease, as it is written down. Every renewal is another text: that it changes is how
 * others see that its holder lives, whatever their clocks say.
 *
 * @param holder id of a router
 * @param turn grows with every renewal, and goes on growing with the next holder
 */
record LeaseEntry(String holder, long turn) {
  private static final char SEPARATOR = ' ';

  /** As it is written. */
  String text() {
    return turn + "" + SEPARATOR + holder;
  }

  /** Reads it; empty if nobody wrote it, or nobody of ours. */
  static Optional<LeaseEntry> parse(String text) {
    int space = text.indexOf(SEPARATOR);
    if (space <= 0 || space == text.length() - 1) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new LeaseEntry(text.substring(space + 1), Long.parseLong(text.substring(0, space))));
    } catch (NumberFormatException notOurs) {
      return Optional.empty();
    }
  }

  /** What a router writes to take or to renew it. */
  static LeaseEntry after(Optional<LeaseEntry> before, String router) {
    return new LeaseEntry(router, before.map(LeaseEntry::turn).orElse(0L) + 1);
  }
}
