package dev.switchboard.client.cli;

import dev.switchboard.client.cli.Completion.LogitsReader;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code generate}: continues a text and streams the continuation. */
@Command(
    name = "switchboard generate",
    description = "Continues a text; greedy unless a temperature is given.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ./switchboard generate --prompt 'Once upon a time' --max-tokens 100",
      "  ./switchboard generate --prompt-file story.txt --temperature 0.8 --seed 7 --json",
      "  ./switchboard generate --router 10.0.0.5:7300 --prompt 'SELECT' --stop ';'",
      "Without --router and --nodes one private process runs the whole model."
    })
final class GenerateCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private ClusterOptions cluster = new ClusterOptions();
  @Mixin private RequestOptions options = new RequestOptions();

  @Option(
      names = "--dump-logits",
      paramLabel = "FILE",
      description = {
        "write the logits after each token of the prompt: safetensors with one tensor 'logits',",
        "F32 [prompt tokens, vocabulary]"
      })
  private @Nullable Path dumpLogits;

  @Option(names = "--json", description = "one JSON object on standard output at the end")
  private boolean json;

  GenerateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    options.check();
    cluster.checked(0);
    if (!options.hasPrompt()) {
      throw Options.wrong(spec, "nothing to continue: give --prompt, --prompt-file or --ids");
    }
    GenerateRequest request = options.request(json);
    if (dumpLogits == null) {
      return run(request, LogitsReader.NONE);
    }
    try (LogitsFile file = new LogitsFile(dumpLogits)) {
      return run(request.toBuilder().setPromptLogits(true).build(), file);
    }
  }

  private int run(GenerateRequest request, LogitsReader logits) {
    return Session.with(
        cluster,
        0,
        terminal,
        session -> json ? report(session, request, logits) : stream(session, request, logits));
  }

  private int report(Session session, GenerateRequest request, LogitsReader logits) {
    Completion answer = session.complete(request, token -> {}, logits);
    terminal.out().println(Answers.json(session, answer, request.getLogprobs() > 0));
    terminal.out().flush();
    return 0;
  }

  private int stream(Session session, GenerateRequest request, LogitsReader logits) {
    StringBuilder shown = new StringBuilder();
    Completion answer;
    try {
      answer = session.complete(request, token -> show(token, shown), logits);
    } finally {
      if (!shown.isEmpty()) {
        terminal.out().flush();
      }
    }
    terminal.out().println(answer.text().substring(shown.length()));
    terminal.out().flush();
    return 0;
  }

  private void show(GeneratedToken token, StringBuilder shown) {
    shown.append(token.getText());
    terminal.out().print(token.getText());
    if (terminal.out().checkError()) { // flushes; nobody reads any more
      throw new CommandException("standard output was closed");
    }
  }
}
