package dev.switchboard.client.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The launcher script in a copy of the repository whose Maven and JDK are scripts that write down
 * how they were called.
 */
class LauncherTest {
  private static final Path HOME = Path.of(System.getProperty("switchboard.home", ".."));

  private static final String MAVEN =
      """
      #!/bin/sh
      root=$(dirname "$0")
      echo "$*" >>"$root/builds"
      [ ! -f "$root/hold" ] || cat "$root/hold" >/dev/null
      [ ! -f "$root/broken" ] || { echo '[ERROR] A.java:[1,2] cannot find symbol'; exit 1; }
      while [ "$1" != -pl ]; do shift; done
      for module in $(echo "$2" | tr ',' ' '); do
        echo "[INFO] Building $module 1.0                       [1/2]"
        mkdir -p "$root/$module/target/launch"
        echo "jar of $module" >"$root/$module/target/switchboard-$module-1.0.jar"
        printf /third/party.jar >"$root/$module/target/launch/classpath"
      done
      """;

  private static final String JAVA =
      "#!/bin/sh\necho \"$@\"\necho home=$SWITCHBOARD_HOME launch=$SWITCHBOARD_LAUNCH\n";

  @TempDir private Path folder;
  private Path root;

  private record Run(int exit, String out, String err) {}

  @BeforeEach
  void copy() throws IOException {
    root = Files.createDirectories(folder.resolve("a clone"));
    for (String file : List.of("switchboard", "scripts/launch.sh", "scripts/find-jdk.sh")) {
      Files.createDirectories(root.resolve(file).getParent());
      Files.copy(HOME.resolve(file), root.resolve(file));
    }
    script("mvnw", MAVEN);
    write("pom.xml", "<project>\n  <version>1.0</version>\n</project>\n");
    for (String module : List.of("proto", "model", "cluster-config", "expert-node", "client")) {
      write(module + "/pom.xml", "");
      write(module + "/src/main/java/A.java", "");
    }
    script("jdk/bin/java", JAVA);
    script("jdk/bin/javac", "");
    write("jdk/release", "JAVA_VERSION=\"25.0.9\"\n");
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void script(String file, String text) throws IOException {
    write(file, text);
    Files.setPosixFilePermissions(root.resolve(file), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Process start(Map<String, String> environment, String... args) {
    List<String> command = new ArrayList<>(List.of(root.resolve("switchboard").toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("SWITCHBOARD_"));
    builder.environment().put("JAVA_HOME", root.resolve("jdk").toString());
    builder.environment().putAll(environment);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Run finish(Process process) throws Exception {
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), out, err);
  }

  private Run run(String... args) throws Exception {
    return finish(start(Map.of(), args));
  }

  private List<String> builds() throws IOException {
    Path builds = root.resolve("builds");
    return Files.exists(builds) ? Files.readAllLines(builds) : List.of();
  }

  /** A time after the build's files whatever the file system's resolution. */
  private void touch(String file) throws IOException {
    Files.setLastModifiedTime(
        root.resolve(file), FileTime.fromMillis(System.currentTimeMillis() + 5_000));
  }

  @Test
  void theFirstStartBuildsWhatTheCommandNeedsAndTheSecondNothing() throws Exception {
    Run first = run("status", "--router", "a b");
    assertThat(first.err()).contains("building client", "built in");
    assertThat(first.exit()).isZero();
    assertThat(first.out())
        .startsWith("@" + root.toRealPath() + "/target/launch/status.args status --router a b\n")
        .contains("home=" + root.toRealPath());
    assertThat(builds()).hasSize(1).first().asString().contains("-pl client ");
    Run second = run("status");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void argumentFilesHoldFlagsJarsOfOursAndMavens() throws Exception {
    run("node");
    List<String> lines = Files.readAllLines(root.resolve("target/launch/node.args"));
    String jars = root.toRealPath() + "/target/launch/jars/";
    assertThat(lines)
        .contains("-XX:+UseSerialGC", "--add-modules=jdk.incubator.vector")
        .contains("\"" + jars + "switchboard-expert-node-1.0.jar:/third/party.jar\"")
        .endsWith("dev.switchboard.node.cli.NodeMain");
  }

  @ParameterizedTest
  @CsvSource({
    "proto/src/main/java/A.java, 2",
    "client/pom.xml, 2",
    "pom.xml, 2",
    "client/src/main/java, 2",
    "model/src/main/java/A.java, 1"
  })
  void aNewerSourceOfANeededModuleBuildsAgain(String touched, int builds) throws Exception {
    run("status");
    touch(touched);
    run("status");
    assertThat(builds()).hasSize(builds);
  }

  @Test
  void demoBuildsRouterAndNodesBesideTheClient() throws Exception {
    write("router-service/pom.xml", "");
    write("router-service/src/main/java/A.java", "");
    run("demo");
    assertThat(builds()).first().asString().contains("-pl client,router-service,expert-node -am");
  }

  @Test
  void aFailedBuildShowsTheErrorAndWhereTheLogIs() throws Exception {
    write("broken", "");
    Run run = run("status");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("A.java:[1,2] cannot find symbol", "target/launch/build.log");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void neverMeansNever() throws Exception {
    Run run = finish(start(Map.of("SWITCHBOARD_BUILD", "never"), "status"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("client", "SWITCHBOARD_BUILD=never");
    assertThat(builds()).isEmpty();
  }

  @Test
  void twoAtOnceBuildOnce() throws Exception {
    Path hold = root.resolve("hold");
    assertThat(new ProcessBuilder("mkfifo", hold.toString()).start().waitFor()).isZero();
    script("mvnw", MAVEN.replace("-f \"$root/hold\"", "-p \"$root/hold\""));
    Process one = start(Map.of(), "status");
    one.getErrorStream().read(); // it says that it builds
    Process two = start(Map.of(), "status");
    StringBuilder said = new StringBuilder();
    while (said.indexOf("waiting for another launcher") < 0) {
      int c = two.getErrorStream().read();
      assertThat(c).as(said.toString()).isNotNegative();
      said.append((char) c);
    }
    Files.writeString(hold, "go");
    assertThat(finish(one).exit()).isZero();
    assertThat(finish(two).exit()).isZero();
    assertThat(builds()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"demmo, 'demo'", "stat, ''", "Route, 'route'", "no-such-command, ''"})
  void anUnknownCommandIsNamedWithItsNearest(String given, String nearest) throws Exception {
    Run run = run(given);
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("'" + given + "'").contains("demo generate route status");
    if (!nearest.isEmpty()) {
      assertThat(run.err()).contains("did you mean '" + nearest + "'?");
    }
    assertThat(builds()).isEmpty();
  }

  @Test
  void helpAndVersionNeedNoJvm() throws Exception {
    Run help = finish(start(Map.of("JAVA_HOME", "/nowhere"), "--help"));
    assertThat(help.exit()).isZero();
    assertThat(help.out()).contains("demo", "bench", "Examples:", "Exit codes");
    assertThat(run("--version").out()).isEqualTo("switchboard 1.0\n");
    assertThat(run().exit()).isEqualTo(2);
  }

  @Test
  void aMissingJdkIsAnErrorThatSaysWhereItLooked() throws Exception {
    write("old/release", "JAVA_VERSION=\"21.0.1\"\n");
    script("old/bin/java", "");
    script("old/bin/javac", "");
    Run run =
        finish(
            start(
                Map.of(
                    "JAVA_HOME", root.resolve("old").toString(),
                    "PATH", "/usr/bin:/bin",
                    "SWITCHBOARD_JDK_FOLDERS", root.resolve("nothing").toString()),
                "status"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("JDK 25", "old (version 21)", "nothing");
  }
}
