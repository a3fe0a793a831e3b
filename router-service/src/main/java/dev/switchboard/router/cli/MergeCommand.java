package dev.switchboard.router.cli;

import dev.switchboard.model.reshape.Trim;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes few experts of many. */
@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Writes a model with fewer experts: the least used become one with that of the most used whose row",
      "of the gate is most like theirs. A new expert is the mean of old ones by their use, each with its",
      "units laid over the most alike of the group's first.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard merge M M-4 --to 4 --by routes.jsonl",
      "  switchboard merge M M-4 --to 4 --file text.txt --evaluate other.txt --json",
      "",
      "Exit status: 0 done, 1 failed, 2 wrong usage."
    })
final class MergeCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Mixin private final TrimOptions options = new TrimOptions();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "N",
      description = "Experts of each layer that there are to be.")
  private int to;

  @Option(
      names = "--no-align",
      description = "Units stay in their order, instead of lying over the most alike ones.")
  private boolean asTheyAre;

  MergeCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    return new Trimming(options, environment).run(new Trim.Merge(to, !asTheyAre));
  }
}
