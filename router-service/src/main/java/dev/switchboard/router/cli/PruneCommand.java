package dev.switchboard.router.cli;

import dev.switchboard.model.reshape.Trim;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Removes the experts that are used least. */
@Command(
    name = "prune",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Writes a model with the most used experts of each layer alone, of any family with experts that is",
      "read from a Hugging Face folder. The rows of its gates go with the experts.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard route --model M --file text.txt --trace routes.jsonl",
      "  switchboard prune M M-32 --keep 32 --by routes.jsonl",
      "  switchboard prune M M-32 --keep 32 --file text.txt --evaluate other.txt",
      "",
      "Exit status: 0 done, 1 failed, 2 wrong usage."
    })
final class PruneCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Mixin private final TrimOptions options = new TrimOptions();

  @Option(
      names = "--keep",
      required = true,
      paramLabel = "N",
      description = "Experts of each layer that stay.")
  private int keep;

  PruneCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    return new Trimming(options, environment).run(new Trim.Keep(keep));
  }
}
