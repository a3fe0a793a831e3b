package dev.switchboard.k8s.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How a command is started, as the launcher of the repository says: its JVM flags, its main class
 * and its class path, here and in the image.
 *
 * @param own our jars
 * @param others jars of third parties, which change seldom: a layer of their own
 */
record Launch(ImageKind kind, List<String> flags, String main, List<Path> own, List<Path> others) {
  /** Where everything of ours lies in the image. */
  static final String HOME = "/opt/switchboard";

  private static final Pattern OWN_JAR =
      Pattern.compile("switchboard-([a-z-]+)-[0-9][0-9.]*(?:-SNAPSHOT)?\\.jar");

  /**
   * Asks the launcher.
   *
   * @param home the repository, built
   * @throws IOException if it was not built
   */
  static Launch of(ImageKind kind, Path home) throws IOException {
    String command = kind.command();
    // Heap and its growth are the deployment's to say, by JDK_JAVA_OPTIONS.
    List<String> flags =
        Stream.of(ask(home, "flags_of " + command).split(" "))
            .filter(flag -> !flag.startsWith("-Xmx") && !flag.startsWith("-Xms"))
            .toList();
    String main = ask(home, "table | grep '^" + command + "|' | cut -d'|' -f3");
    List<Path> own = new ArrayList<>();
    List<Path> others = new ArrayList<>();
    for (Path jar : classPath(home, kind.module())) {
      (jar.getFileName().toString().startsWith("switchboard-") ? own : others).add(jar);
    }
    return new Launch(kind, flags, main, List.copyOf(own), List.copyOf(others));
  }

  private static String ask(Path home, String question) throws IOException {
    String script = "ROOT=$1; . \"$1/scripts/launch.sh\"; " + question;
    return Tools.run(List.of("bash", "-c", script, "bash", home.toString())).strip();
  }

  private static List<Path> classPath(Path home, String module) throws IOException {
    Path target = home.resolve(module).resolve("target");
    Path listed = target.resolve("launch/classpath");
    if (!Files.exists(listed)) {
      throw new IOException(
          "%s is not built: run ./mvnw package -DskipTests first".formatted(module));
    }
    List<Path> jars = new ArrayList<>(List.of(jarIn(target)));
    for (String entry : Files.readString(listed).strip().split(":")) {
      String name = Path.of(entry).getFileName().toString();
      Optional<String> other = moduleOf(name);
      jars.add(
          other.isPresent() ? jarIn(home.resolve(other.get()).resolve("target")) : Path.of(entry));
    }
    return jars;
  }

  /** The module of ours that a jar is of; empty for a third party's. */
  static Optional<String> moduleOf(String jar) {
    Matcher own = OWN_JAR.matcher(jar);
    return own.matches() ? Optional.of(own.group(1)) : Optional.empty();
  }

  private static Path jarIn(Path target) throws IOException {
    try (Stream<Path> files = Files.list(target)) {
      return files
          .filter(file -> moduleOf(file.getFileName().toString()).isPresent())
          .findFirst()
          .orElseThrow(() ->
              new IOException("no jar in " + target + ": run ./mvnw package -DskipTests first"));
    }
  }

  /** What {@code java @file} reads in the image. */
  String argumentsFile(String version) {
    List<String> lines = new ArrayList<>(flags);
    lines.add("-Dswitchboard.home=" + HOME);
    lines.add("-Dswitchboard.version=" + version);
    lines.add("-classpath");
    lines.add(
        String.join(
            ":",
            Stream.concat(own.stream(), others.stream())
                .map(jar -> HOME + "/lib/" + jar.getFileName())
                .toList()));
    lines.add(main);
    return String.join("\n", lines) + "\n";
  }
}
