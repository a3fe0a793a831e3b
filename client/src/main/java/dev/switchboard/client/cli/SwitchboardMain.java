package dev.switchboard.client.cli;

import dev.switchboard.client.process.ClusterException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Runs one command; the launcher gives its name as the first argument. */
public final class SwitchboardMain {
  private static final Map<String, Function<Terminal, Object>> COMMANDS =
      Map.of(
          "chaos", ChaosCommand::new,
          "cluster", ClusterCommand::new,
          "demo", DemoCommand::new,
          "expert", ExpertCommand::new,
          "gate", GateCommand::new,
          "generate", GenerateCommand::new,
          "route", RouteCommand::new,
          "session", SessionCommand::new,
          "status", StatusCommand::new);

  private SwitchboardMain() {}

  public static void main(String[] args) {
    System.exit(run(args, Terminal.ofProcess(System.getenv())));
  }

  /** Exit code: 0 done, 1 failed, 2 wrong usage. */
  static int run(String[] args, Terminal terminal) {
    Function<Terminal, Object> command = args.length == 0 ? null : COMMANDS.get(args[0]);
    if (command == null) {
      String given = args.length == 0 ? "no command" : "unknown command '" + args[0] + "'";
      terminal.error(given + "; expected one of " + COMMANDS.keySet().stream().sorted().toList());
      return CommandLine.ExitCode.USAGE;
    }
    CommandLine line = new CommandLine(command.apply(terminal));
    line.setOut(terminal.outWriter()).setErr(terminal.errWriter());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpWidth(100).setUsageHelpLongOptionsMaxWidth(28);
    line.setParameterExceptionHandler((e, given) -> wrongUsage(e, terminal));
    line.setExecutionExceptionHandler((e, parsed, given) -> failed(e, terminal));
    return line.execute(List.of(args).subList(1, args.length).toArray(String[]::new));
  }

  private static int wrongUsage(ParameterException e, Terminal terminal) {
    terminal.error(String.valueOf(e.getMessage()));
    CommandLine.UnmatchedArgumentException.printSuggestions(e, terminal.errWriter());
    terminal.errWriter().flush();
    terminal.say("Try './" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
    return CommandLine.ExitCode.USAGE;
  }

  private static int failed(Exception e, Terminal terminal) throws Exception {
    if (shuttingDown()) {
      return CommandLine.ExitCode.SOFTWARE; // stopped from outside: what fails now needs no words
    }
    switch (e) {
      case ParameterException wrong -> {
        return wrongUsage(wrong, terminal);
      }
      case StatusRuntimeException refused -> terminal.error(describe(refused.getStatus()));
      case CommandException problem -> terminal.error(String.valueOf(problem.getMessage()));
      case ClusterException problem -> terminal.error(String.valueOf(problem.getMessage()));
      default -> throw e;
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static boolean shuttingDown() {
    Thread probe = new Thread(() -> {}, "probe");
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  /** {@code CODE: what the router said}, or why it was not reached. */
  private static String describe(Status status) {
    List<String> parts = new ArrayList<>(List.of(status.getCode().toString()));
    Stream.of(status.getDescription(), cause(status))
        .filter(Objects::nonNull)
        .forEach(part -> parts.add(String.valueOf(part)));
    return String.join(": ", parts);
  }

  private static @Nullable String cause(Status status) {
    Throwable cause = status.getCause();
    return status.getCode() == Status.Code.UNAVAILABLE && cause != null ? cause.getMessage() : null;
  }
}
