package dev.switchboard.client.cli;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/**
 * The three standard streams, always UTF-8, and which of them are a terminal (the launcher looks,
 * which is cheaper than asking from here). Results go to {@code out}; progress and errors to {@code
 * err}.
 */
final class Terminal {
  private final PrintStream out;
  private final PrintStream err;
  private final BufferedReader in;
  private final Map<String, String> environment;
  private final Set<String> terminals;

  Terminal(OutputStream out, OutputStream err, BufferedReader in, Map<String, String> environment) {
    this.out = new PrintStream(out, false, StandardCharsets.UTF_8);
    this.err = new PrintStream(err, true, StandardCharsets.UTF_8);
    this.in = in;
    this.environment = Map.copyOf(environment);
    this.terminals =
        Set.of(environment.getOrDefault("SWITCHBOARD_TERMINAL", "").strip().split(" +"));
  }

  static Terminal ofProcess(Map<String, String> environment) {
    return new Terminal(
        new FileOutputStream(FileDescriptor.out),
        new FileOutputStream(FileDescriptor.err),
        new BufferedReader(
            new InputStreamReader(new FileInputStream(FileDescriptor.in), StandardCharsets.UTF_8)),
        environment);
  }

  PrintStream out() {
    return out;
  }

  BufferedReader in() {
    return in;
  }

  Map<String, String> environment() {
    return environment;
  }

  PrintWriter outWriter() {
    return new PrintWriter(out, true, StandardCharsets.UTF_8);
  }

  PrintWriter errWriter() {
    return new PrintWriter(err, true, StandardCharsets.UTF_8);
  }

  boolean inIsTerminal() {
    return terminals.contains("in");
  }

  /** Colours are wanted on standard output: a terminal, and NO_COLOR is not set. */
  boolean colours() {
    return terminals.contains("out") && environment.getOrDefault("NO_COLOR", "").isEmpty();
  }

  boolean errIsTerminal() {
    return terminals.contains("err");
  }

  void error(String message) {
    out.flush();
    err.println("switchboard: " + message);
  }

  void say(String line) {
    out.flush();
    err.println(line);
  }

  /** Asks on standard error, without a line's end. */
  void prompt(String text) {
    out.flush();
    err.print(text);
    err.flush();
  }

  /** A line that the next one overwrites; nothing in a pipe. */
  void live(String line) {
    if (errIsTerminal()) {
      err.print("\r\033[K" + line);
      err.flush();
    }
  }
}
