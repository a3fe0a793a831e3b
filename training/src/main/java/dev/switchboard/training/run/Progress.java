package dev.switchboard.training.run;

import java.io.PrintStream;

/**
 * One line on the terminal that is written over and over; whole lines, now and then, into a file or
 * pipe.
 */
public final class Progress {
  private static final long PIPE_INTERVAL_NANOS = 15_000_000_000L;
  private static final long TERMINAL_INTERVAL_NANOS = 200_000_000L;

  private final PrintStream out;
  private final boolean terminal;
  private long lastNanos;

  public Progress(PrintStream out) {
    this.out = out;
    terminal = System.console() != null && System.console().isTerminal();
    lastNanos = System.nanoTime() - PIPE_INTERVAL_NANOS;
  }

  public void show(String text) {
    long now = System.nanoTime();
    if (now - lastNanos < (terminal ? TERMINAL_INTERVAL_NANOS : PIPE_INTERVAL_NANOS)) {
      return;
    }
    lastNanos = now;
    out.print(terminal ? "\r\u001b[K" + text : text + System.lineSeparator());
    out.flush();
  }

  /** A line that stays. */
  public void say(String text) {
    out.println(terminal ? "\r\u001b[K" + text : text);
    out.flush();
  }
}
