package dev.switchboard.client.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Texts in the colours of the experts that took them; on a terminal alone. */
record ExpertColours(Terminal terminal, Experts experts) {
  /** Colours of the 256-colour table that can be told apart on dark and light ground. */
  private static final int[] PALETTE = {33, 208, 35, 170, 196, 143, 44, 99, 214, 64, 204, 67};

  /**
   * A token and the expert that most layers chose first.
   *
   * @param expert -1 if no layer has experts
   */
  record Taken(String text, int expert) {}

  /**
   * Neighbouring tokens with the same expert on one line: the legend of the colours, and all there
   * is in a pipe.
   */
  void runs(List<Taken> tokens) {
    PrintStream out = terminal.out();
    int from = 0;
    while (from < tokens.size()) {
      int expert = tokens.get(from).expert();
      int to = from;
      StringBuilder text = new StringBuilder();
      while (to < tokens.size() && tokens.get(to).expert() == expert) {
        text.append(text.isEmpty() ? "" : " ").append(quoted(tokens.get(to).text()));
        to++;
      }
      String name = expert < 0 ? "no expert" : experts.name(expert);
      String head = String.format(Locale.ROOT, "  %-12s %3d  ", name, to - from);
      out.println(of(expert, head) + text);
      from = to;
    }
  }

  private static String quoted(String text) {
    return "'" + text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + "'";
  }

  /** The text as it is, in its expert's colour. */
  String of(int expert, String text) {
    return terminal.colours() && expert >= 0
        ? "\033[38;5;" + PALETTE[expert % PALETTE.length] + "m" + text + "\033[0m"
        : text;
  }
}
