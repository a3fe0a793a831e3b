package dev.switchboard.router.cli;

import dev.switchboard.model.packcache.PackCaches;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import picocli.CommandLine;

/**
 * The commands that work with a model itself: router, inspect, check, evaluate, perplexity, cache,
 * quantize, upcycle, prune, merge.
 */
public final class RouterMain {
  private RouterMain() {}

  /** The first argument is the command word. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    String word = args.length == 0 ? "" : args[0];
    int words = 1;
    if (word.equals("evaluate") && args.length > 1 && args[1].equals("compare")) {
      word = "evaluate compare";
      words = 2;
    }
    Object chosen =
        switch (word) {
          case "router" -> new RouterCommand(System.getenv());
          case "inspect" -> new InspectCommand(System.getenv());
          case "check" -> new CheckCommand();
          case "evaluate" -> new EvaluateCommand(System.getenv());
          case "evaluate compare" -> new CompareCommand(System.getenv());
          case "perplexity" -> new PerplexityCommand(System.getenv());
          case "cache" -> new CacheCommand(PackCaches.ofUser());
          case "quantize" -> new QuantizeCommand(System.getenv());
          case "upcycle" -> new UpcycleCommand(System.getenv());
          case "prune" -> new PruneCommand(System.getenv());
          case "merge" -> new MergeCommand(System.getenv());
          default -> null;
        };
    if (chosen == null) {
      err.println(
          ("switchboard: unknown command \"%s\", expected router, inspect, check, evaluate,"
                  + " perplexity, cache, quantize, upcycle, prune or merge")
              .formatted(word));
      return Exit.WRONG_USAGE;
    }
    String named = word;
    CommandLine command = new CommandLine(chosen);
    command.setErr(err);
    command.setParameterExceptionHandler((wrong, given) -> {
      err.println(
          "switchboard: %s (see switchboard %s --help)".formatted(wrong.getMessage(), named));
      return Exit.WRONG_USAGE;
    });
    return command.execute(Arrays.copyOfRange(args, words, args.length));
  }
}
