package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How the prompt is being read: on standard error tokens, tokens a second, and the router's memory,
 * where it runs on this machine; on a terminal one line that changes, in a pipe a line now and
 * then.
 */
final class Reading {
  private static final long LINE_NANOS = 5_000_000_000L;

  /** Every second one is forgotten when there are more. */
  private static final int MOST_POINTS = 512;

  /**
   * One look.
   *
   * @param residentBytes of the router; 0: not known
   */
  record Point(long tokens, double seconds, long residentBytes) {}

  private final Terminal terminal;
  private LongSupplier residentBytes = () -> 0;
  private final long begunNanos = System.nanoTime();
  private final List<Point> points = new ArrayList<>();
  private long lastLineNanos = begunNanos;
  private long seen;
  private int every = 1;

  Reading(Terminal terminal) {
    this.terminal = terminal;
  }

  /** From now on the router's memory is looked at, too. */
  void watch(LongSupplier memory) {
    residentBytes = memory;
  }

  void progress(Progress progress) {
    long now = System.nanoTime();
    long tokens = progress.getPromptTokensRead();
    Point point = new Point(tokens, (now - begunNanos) * 1e-9, residentBytes.getAsLong());
    boolean last = tokens == progress.getPromptTokens();
    if (last || seen++ % every == 0) {
      points.add(point);
    }
    if (points.size() > MOST_POINTS) {
      thin();
    }
    String line = line(point, progress.getPromptTokens());
    if (terminal.errIsTerminal()) {
      terminal.live(last ? "" : line);
    } else if (now - lastLineNanos >= LINE_NANOS) {
      lastLineNanos = now;
      terminal.say(line);
    }
  }

  private void thin() {
    for (int i = points.size() - 2; i > 0; i -= 2) {
      points.remove(i);
    }
    every *= 2;
  }

  static String line(Point point, long all) {
    String line =
        String.format(
            Locale.ROOT,
            "%s, %,.0f tokens/s",
            Bars.progress("reading", point.tokens(), all),
            point.seconds() > 0 ? point.tokens() / point.seconds() : 0);
    return point.residentBytes() == 0
        ? line
        : line + String.format(Locale.ROOT, ", %,d MB", point.residentBytes() / 1_000_000);
  }

  List<Point> points() {
    return List.copyOf(points);
  }

  void write(JsonGenerator json) throws IOException {
    if (points.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart("reading");
    for (Point point : points) {
      json.writeStartObject();
      json.writeNumberField("tokens", point.tokens());
      json.writeNumberField("seconds", point.seconds());
      json.writeNumberField("residentBytes", point.residentBytes());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Memory of a process of this machine; 0 where the system does not say. */
  static long residentBytes(long pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
        if (line.startsWith("VmRSS:")) {
          return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Other systems do not have the file.
    }
    return 0;
  }
}
