package dev.switchboard.node.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import picocli.CommandLine;

/** {@code switchboard node}. */
public final class NodeMain {
  private NodeMain() {}

  /** The first argument is the command word, {@code node}. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    StartupLog.begin();
    PrintWriter err = new PrintWriter(System.err, true, java.nio.charset.StandardCharsets.UTF_8);
    CommandLine command = new CommandLine(new NodeCommand(System.getenv()));
    command.setErr(err);
    command.setParameterExceptionHandler((wrong, given) -> {
      err.println("switchboard: " + wrong.getMessage() + " (see switchboard node --help)");
      return NodeCommand.WRONG_USAGE;
    });
    boolean named = args.length > 0 && args[0].equals("node");
    return command.execute(named ? Arrays.copyOfRange(args, 1, args.length) : args);
  }
}
