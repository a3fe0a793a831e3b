package dev.switchboard.client.cli;

import java.util.Locale;

/** Shares as bars of text. */
final class Bars {
  private static final int WIDTH = 40;

  private Bars() {}

  /** A name, its share in percent and a bar; the share lies in [0, 1]. */
  static String line(String name, double share) {
    String bar = "█".repeat((int) Math.round(share * WIDTH));
    String text = String.format(Locale.ROOT, "  %-12s %5.1f %%  %s", name, share * 100, bar);
    return text.stripTrailing() + System.lineSeparator();
  }

  /** A progress line: done of all, as a bar that is full at the end. */
  static String progress(String what, long done, long all) {
    int full = all == 0 ? WIDTH : (int) (done * WIDTH / all);
    String bar = "█".repeat(full) + "·".repeat(WIDTH - full);
    return String.format(Locale.ROOT, "%s %s %,d of %,d", what, bar, done, all);
  }
}
