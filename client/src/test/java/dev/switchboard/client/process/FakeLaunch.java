package dev.switchboard.client.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** Launch files whose commands are not routers and nodes. */
public final class FakeLaunch {
  private FakeLaunch() {}

  /**
   * Children are JVMs running {@link FakeProcess}; the environment for a command that is to start
   * them.
   */
  public static Map<String, String> jvms(Path folder) throws IOException {
    String arguments =
        "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp\n\""
            + System.getProperty("java.class.path")
            + "\"\n"
            + FakeProcess.class.getName()
            + "\n";
    Files.writeString(folder.resolve("router.args"), arguments);
    Files.writeString(folder.resolve("node-brief.args"), arguments);
    return Map.of("SWITCHBOARD_JAVA", java().toString(), "SWITCHBOARD_LAUNCH", folder.toString());
  }

  /** Children run these shell scripts; {@code "$@"} are the arguments after the argument file. */
  public static LaunchFiles scripts(Path folder, String router, String node) throws IOException {
    Path java = folder.resolve("fake-java");
    Files.writeString(
        java,
        "#!/bin/sh\nfile=$1; shift\ncase $file in */router.args) "
            + router
            + " ;;\n*) "
            + node
            + " ;; esac\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(folder.resolve("router.args"), "");
    Files.writeString(folder.resolve("node.args"), "");
    Files.writeString(folder.resolve("node-brief.args"), "");
    return new LaunchFiles(java, folder);
  }

  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }
}
