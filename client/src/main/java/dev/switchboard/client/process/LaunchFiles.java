package dev.switchboard.client.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How the launcher starts a command: {@code java @COMMAND.args COMMAND ...}. It tells the commands
 * it runs where its java and its argument files are, so that children start exactly as they would
 * from the front door.
 *
 * @param java the java executable
 * @param folder holds {@code router.args}, {@code node.args} and {@code node-brief.args}
 */
public record LaunchFiles(Path java, Path folder) {
  /**
   * What the launcher left in the environment.
   *
   * @throws ClusterException when this JVM was not started by the launcher
   */
  public static LaunchFiles of(Map<String, String> environment) {
    String java = environment.get("SWITCHBOARD_JAVA");
    String folder = environment.get("SWITCHBOARD_LAUNCH");
    if (java == null || folder == null) {
      throw new ClusterException(
          "SWITCHBOARD_JAVA and SWITCHBOARD_LAUNCH are not set: private clusters are started by"
              + " ./switchboard; or name a running router with --router HOST:PORT");
    }
    return new LaunchFiles(Path.of(java), Path.of(folder));
  }

  /** The start of the command line of a launch file; the command's word and arguments follow. */
  List<String> command(String name) {
    Path arguments = folder.resolve(name + ".args");
    if (!Files.isReadable(arguments)) {
      throw new ClusterException("no launch file " + arguments + ": start this by ./switchboard");
    }
    return List.of(java.toString(), "@" + arguments);
  }
}
