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
  private final PrintStream out;
  private final Experts experts;
  private final ExpertColours colours;
  private int shown;

  DemoReport(Terminal terminal, Experts experts) {
    this.out = terminal.out();
    this.experts = experts;
    this.colours = new ExpertColours(terminal, experts);
  }

  void token(GeneratedToken token) {
    shown += token.getText().length();
    out.print(colours.of(Experts.favourite(token), token.getText()));
    out.flush();
  }

  /** What the stream held back, and the tokens with their experts. */
  void end(Completion answer) {
    out.println(answer.text().substring(Math.min(shown, answer.text().length())));
    out.println();
    colours.runs(
        answer.tokens().stream()
            .map(token -> new ExpertColours.Taken(token.getText(), Experts.favourite(token)))
            .toList());
    out.println();
    List<Experts.Share> awake = experts.awake(answer.done().getCallsList());
    for (Experts.Share share : awake) {
      out.print(colours.of(share.expert(), Bars.line(share.name(), share.share())));
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
}
