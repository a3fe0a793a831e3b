package dev.switchboard.benchmarks;

import java.util.Arrays;
import picocli.CommandLine;

/** {@code ./switchboard bench}. */
public final class BenchMain {
  private BenchMain() {}

  /** The first argument may be the word {@code bench}, as the launcher passes it. */
  public static void main(String[] args) {
    boolean named = args.length > 0 && args[0].equals("bench");
    System.exit(commandLine().execute(named ? Arrays.copyOfRange(args, 1, args.length) : args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new BenchCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(BenchMain::explain);
  }

  private static int explain(
      Exception problem, CommandLine command, CommandLine.ParseResult parsed) {
    String message = problem.getMessage() == null ? problem.toString() : problem.getMessage();
    command.getErr().println("switchboard: " + message);
    return problem instanceof UsageException
        ? command.getCommandSpec().exitCodeOnInvalidInput()
        : command.getCommandSpec().exitCodeOnExecutionException();
  }
}
