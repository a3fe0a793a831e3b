package dev.switchboard.node.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;

/** {@code switchboard node}. */
public final class NodeMain {
  /**
   * It logs what peers do wrong with stack traces; they are told, and that is enough. Held, or it
   * is forgotten.
   */
  private static final Logger GRPC_LOG = Logger.getLogger("io.grpc");

  private NodeMain() {}

  /** The first argument is the command word, {@code node}. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    GRPC_LOG.setLevel(Level.SEVERE);
    StartupLog.begin();
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
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
