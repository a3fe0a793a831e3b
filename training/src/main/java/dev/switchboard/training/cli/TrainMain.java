package dev.switchboard.training.cli;

import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point: {@code train data}, {@code train experts} and {@code train router}. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    version = "switchboard 0.1.0",
    description = "Trains a model of the switchboard family.",
    subcommands = {
      DataCommand.class,
      ExpertsCommand.class,
      BranchCommand.class,
      ExpertCommand.class,
      RouterCommand.class,
      RoutesCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class TrainMain {
  private TrainMain() {}

  /** The launcher hands the word {@code train} on; it may be left out. */
  public static void main(String[] args) {
    boolean named = args.length > 0 && args[0].equals("train");
    String[] rest = named ? Arrays.copyOfRange(args, 1, args.length) : args;
    System.exit(commandLine().execute(chosen(rest)));
  }

  /** {@code router --from-routes} has options of its own. */
  static String[] chosen(String[] args) {
    String[] chosen = args.clone();
    boolean routes =
        Arrays.stream(args)
            .anyMatch(arg -> arg.equals("--from-routes") || arg.startsWith("--from-routes="));
    if (routes && chosen[0].equals("router")) {
      chosen[0] = "routes";
    }
    return chosen;
  }

  static CommandLine commandLine() {
    return new CommandLine(new TrainMain())
        .setExecutionExceptionHandler((error, command, parsed) -> {
          System.err.println("switchboard: " + Failures.message(error));
          return 1;
        });
  }
}
