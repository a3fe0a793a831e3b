package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code demo}: a private cluster, a text, and which expert took which token. */
@Command(
    name = "switchboard demo",
    description = {
      "Starts a private cluster (a router and 8 expert nodes, each a JVM of its own), continues a text and shows which",
      "expert took which token and which processes ran. Without a prompt it asks for texts until Ctrl-D."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ./switchboard demo --prompt 'print(\"Hello\")' --max-tokens 32",
      "  ./switchboard demo --nodes 2 --replicas 2 --concurrent 8 --prompt 'SELECT' --json",
      "  ./switchboard demo"
    })
final class DemoCommand implements Callable<Integer> {
  private static final int NODES = 8;
  private static final int MOST_CONCURRENT = 256;

  private final Terminal terminal;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private ClusterOptions cluster = new ClusterOptions();
  @Mixin private RequestOptions options = new RequestOptions();

  @Option(
      names = "--concurrent",
      paramLabel = "N",
      description =
          "N requests at once, each then compared with itself running alone; any difference fails")
  private int concurrent = 1;

  @Option(names = "--json", description = "one JSON object on standard output")
  private boolean json;

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    options.check();
    cluster.checked(NODES);
    if (concurrent < 1 || concurrent > MOST_CONCURRENT) {
      throw Options.wrong(
          spec, "--concurrent " + concurrent + ": expected 1 to " + MOST_CONCURRENT);
    }
    if (!options.hasPrompt() && (json || concurrent > 1)) {
      throw Options.wrong(spec, "--json and --concurrent need --prompt, --prompt-file or --ids");
    }
    if (!options.hasPrompt()) {
      return Session.with(cluster, NODES, terminal, this::converse);
    }
    GenerateRequest request = options.request(json || concurrent > 1);
    return Session.with(cluster, NODES, terminal, session -> once(session, request));
  }

  private int once(Session session, GenerateRequest request) {
    if (concurrent > 1) {
      return atOnce(session, request);
    }
    if (json) {
      Completion answer = session.complete(request, token -> {});
      terminal.out().println(Answers.json(session, answer, request.getLogprobs() > 0));
    } else {
      show(session, request);
      new DemoReport(terminal, session.experts()).processes(session.status());
    }
    terminal.out().flush();
    return 0;
  }

  private int atOnce(Session session, GenerateRequest request) {
    List<GenerateRequest> requests = Concurrency.requests(request, concurrent);
    List<Completion> answers = Concurrency.together(session, requests);
    List<String> differences = Concurrency.differences(session, requests, answers);
    differences.forEach(terminal::error);
    if (json) {
      boolean logprobs = request.getLogprobs() > 0;
      terminal
          .out()
          .println(
              Answers.json(
                  session,
                  answers.getFirst(),
                  logprobs,
                  out -> {
                    out.writeObjectFieldStart("concurrent");
                    out.writeNumberField("requests", concurrent);
                    out.writeNumberField("different", differences.size());
                    out.writeEndObject();
                  }));
    } else {
      DemoReport report = new DemoReport(terminal, session.experts());
      answers.getFirst().tokens().forEach(report::token);
      report.end(answers.getFirst());
      report.processes(session.status());
      terminal.out().println();
      terminal
          .out()
          .println(
              concurrent
                  + " requests at once: "
                  + (concurrent - differences.size())
                  + " answered as when alone, bit for bit");
    }
    terminal.out().flush();
    return differences.isEmpty() ? 0 : 1;
  }

  private void show(Session session, GenerateRequest request) {
    DemoReport report = new DemoReport(terminal, session.experts());
    Completion answer;
    try {
      answer = session.complete(request, (GeneratedToken token) -> report.token(token));
    } finally {
      terminal.out().flush();
    }
    report.end(answer);
  }

  /** Texts from standard input, one a line, until its end. */
  private int converse(Session session) {
    boolean asking = terminal.inIsTerminal();
    if (asking) {
      terminal.say("Type the beginning of a text; Ctrl-D ends.");
    }
    try {
      for (String line = ask(asking); line != null; line = ask(asking)) {
        if (!line.isBlank()) {
          show(session, options.requestWithoutPrompt(false).setText(line).build());
          terminal.out().flush();
        }
      }
    } catch (IOException e) {
      throw new CommandException("cannot read standard input: " + e.getMessage(), e);
    }
    new DemoReport(terminal, session.experts()).processes(session.status());
    terminal.out().flush();
    return 0;
  }

  private @Nullable String ask(boolean asking) throws IOException {
    if (asking) {
      terminal.prompt("> ");
    }
    return terminal.in().readLine();
  }
}
