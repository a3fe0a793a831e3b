package dev.switchboard.client.cli;

import dev.switchboard.client.StreamedRequest;
import dev.switchboard.client.cli.Completion.Extras;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
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
      "  ./switchboard generate --prompt-file book.txt --max-tokens 8 --save-state book.state",
      "  ./switchboard generate --load-state book.state --max-tokens 100",
      "  ./switchboard generate --router 10.0.0.5:7300 --session story --prompt 'And then'",
      "Without --router and --nodes one private process runs the whole model."
    })
final class GenerateCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private ClusterOptions cluster = new ClusterOptions();
  @Mixin private RequestOptions options = new RequestOptions();
  @Mixin private SessionOptions turn = new SessionOptions();

  @Option(
      names = "--dump-logits",
      paramLabel = "FILE",
      description = {
        "write the logits after each token of the prompt: safetensors with one tensor 'logits',",
        "F32 [prompt tokens, vocabulary]"
      })
  private @Nullable Path dumpLogits;

  @Option(
      names = "--save-state",
      paramLabel = "FILE",
      description = {
        "write what the model remembers after the last token: --load-state goes on from there,",
        "with the same tokens as if nothing had come between"
      })
  private @Nullable Path saveState;

  @Option(
      names = "--load-state",
      paramLabel = "FILE",
      description = "go on from a saved state of the same model; a prompt follows what it has read")
  private @Nullable Path loadState;

  @Option(names = "--json", description = "one JSON object on standard output at the end")
  private boolean json;

  GenerateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    options.check();
    turn.check(loadState != null, dumpLogits != null);
    if (turn.given()) {
      cluster.keepSessions();
    }
    cluster.checked(0);
    if (!options.hasPrompt() && loadState == null && !turn.again()) {
      throw Options.wrong(
          spec, "nothing to continue: give --prompt, --prompt-file, --ids or --load-state");
    }
    if (loadState != null) {
      checkState(loadState);
    }
    Optional<Path> text = options.streamedFile(loadState != null);
    GenerateRequest request =
        turn.put(
                text.isPresent()
                    ? options.requestWithoutPrompt(json)
                    : options.request(json).toBuilder())
            .setSaveState(saveState != null)
            .setPromptLogits(dumpLogits != null)
            .setProgress(true)
            .build();
    Reading reading = new Reading(terminal);
    try (GenerateExtras extras = new GenerateExtras(reading, dumpLogits, saveState)) {
      return Session.with(
          cluster,
          0,
          terminal,
          session -> {
            if (text.isEmpty() && loadState == null) {
              Call call = (onToken, all) -> session.complete(request, onToken, all);
              return json ? report(session, call, extras) : stream(call, extras);
            }
            reading.watch(session.routerMemory());
            return pieces(
                session,
                new StreamedRequest(request, Optional.ofNullable(loadState), text),
                extras);
          });
    }
  }

  private static void checkState(Path file) {
    try {
      if (Files.size(file) == 0) {
        throw new CommandException("cannot read " + file + ": it is empty, not a saved state");
      }
    } catch (IOException e) {
      throw Failures.reading(file, e);
    }
  }

  private int pieces(Session session, StreamedRequest request, GenerateExtras extras) {
    try (request) {
      Call call = (onToken, all) -> session.complete(request, onToken, all);
      return json ? report(session, call, extras) : stream(call, extras);
    }
  }

  /** The request that was put together, to be run once. */
  private interface Call {
    Completion run(Consumer<GeneratedToken> onToken, Extras extras);
  }

  private int report(Session session, Call call, GenerateExtras extras) {
    Completion answer = call.run(token -> {}, extras);
    terminal
        .out()
        .println(
            Answers.json(
                session, answer, options.wantsLogprobs(), out -> extras.write(out, answer.done())));
    terminal.out().flush();
    return 0;
  }

  private int stream(Call call, GenerateExtras extras) {
    StringBuilder shown = new StringBuilder();
    Completion answer;
    try {
      answer = call.run(token -> show(token, shown), extras);
    } finally {
      if (!shown.isEmpty()) {
        terminal.out().flush();
      }
    }
    terminal.out().println(answer.text().substring(shown.length()));
    terminal.out().flush();
    if (answer.done().getDegradedTokens() > 0) {
      terminal.say(
          "degraded: %d tokens were read without some of their experts, which no node has"
              .formatted(answer.done().getDegradedTokens()));
    }
    if (!answer.done().getSessionNote().isEmpty()) {
      terminal.say("session: " + answer.done().getSessionNote());
    }
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
