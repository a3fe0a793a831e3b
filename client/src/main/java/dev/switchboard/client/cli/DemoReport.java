package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.GeneratedToken;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * What {@code demo} shows: tokens as they come, coloured by expert on a terminal; then who took
 * what, and who ran.
 */
final class DemoReport {
  /** Colours of the 256-colour table that can be told apart on dark and light ground. */
  private static final int[] PALETTE = {33, 208, 35, 170, 196, 143, 44, 99, 214, 64, 204, 67};

  private final Terminal terminal;
  private final PrintStream out;
  private final Experts experts;
  private int shown;

  DemoReport(Terminal terminal, Experts experts) {
    this.terminal = terminal;
    this.out = terminal.out();
    this.experts = experts;
  }

  void token(GeneratedToken token) {
    shown += token.getText().length();
    out.print(coloured(Experts.favourite(token), token.getText()));
    out.flush();
  }

  /** What the stream held back, and the tokens with their experts. */
  void end(Completion answer) {
    out.println(answer.text().substring(Math.min(shown, answer.text().length())));
    out.println();
    runs(answer.tokens());
    out.println();
    List<Experts.Share> awake = experts.awake(answer.done().getCallsList());
    for (Experts.Share share : awake) {
      out.print(coloured(share.expert(), Bars.line(share.name(), share.share())));
    }
    double seconds = answer.done().getGenerateNanos() / 1e9;
    int tokens = answer.done().getGeneratedTokens();
    out.printf(
        Locale.ROOT,
        "  %d prompt tokens, %d new in %.2f s%s; share of expert calls above%n",
        answer.done().getPromptTokens(),
        tokens,
        seconds,
        seconds > 0 ? String.format(Locale.ROOT, " (%.0f a second)", tokens / seconds) : "");
  }

  void processes(ClusterStatus status) {
    StatusReport report = new StatusReport(status);
    out.println();
    out.print(report.processTable());
    out.printf(
        Locale.ROOT,
        "experts did %.1f %% of the work of all experts%n",
        report.activeExpertFraction() * 100);
  }

  /**
   * Neighbouring tokens with the same expert on one line: the legend of the colours, and all there
   * is in a pipe.
   */
  private void runs(List<GeneratedToken> tokens) {
    int from = 0;
    while (from < tokens.size()) {
      int expert = Experts.favourite(tokens.get(from));
      int to = from;
      StringBuilder text = new StringBuilder();
      while (to < tokens.size() && Experts.favourite(tokens.get(to)) == expert) {
        text.append(text.isEmpty() ? "" : " ").append(quoted(tokens.get(to).getText()));
        to++;
      }
      String name = expert < 0 ? "no expert" : experts.name(expert);
      String head = String.format(Locale.ROOT, "  %-12s %3d  ", name, to - from);
      out.println(coloured(expert, head) + text);
      from = to;
    }
  }

  private static String quoted(String text) {
    return "'" + text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + "'";
  }

  private String coloured(int expert, String text) {
    return terminal.colours() && expert >= 0
        ? "\033[38;5;" + PALETTE[expert % PALETTE.length] + "m" + text + "\033[0m"
        : text;
  }
}
