package dev.switchboard.quality;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The work tree that the rules read: its modules, sources, classes and tracked files. */
final class Repository {
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

  private final Path root;

  private Repository(Path root) {
    this.root = root;
  }

  static Repository here() {
    Path root = Path.of(System.getProperty("switchboard.home", "..")).toAbsolutePath().normalize();
    if (!Files.isRegularFile(root.resolve("pom.xml"))) {
      throw new IllegalStateException("no pom.xml in " + root + "; set -Dswitchboard.home");
    }
    return new Repository(root);
  }

  Path root() {
    return root;
  }

  List<String> modules() {
    Matcher matcher = MODULE.matcher(read(root.resolve("pom.xml")));
    List<String> modules = new ArrayList<>();
    while (matcher.find()) {
      modules.add(matcher.group(1));
    }
    return modules;
  }

  /** Folders of compiled main classes, of modules that have any. */
  List<Path> classFolders() {
    return modules().stream()
        .map(module -> root.resolve(module).resolve("target/classes"))
        .filter(Files::isDirectory)
        .toList();
  }

  /** Java files below {@code MODULE/src/SET/java}, over all modules. */
  List<Path> javaSources(String set) {
    List<Path> sources = new ArrayList<>();
    for (String module : modules()) {
      Path folder = root.resolve(module).resolve("src").resolve(set).resolve("java");
      if (Files.isDirectory(folder)) {
        sources.addAll(filesBelow(folder, ".java"));
      }
    }
    return sources;
  }

  /** Files under version control; without a git folder (a source archive), all but build output. */
  List<Path> trackedFiles() {
    if (!Files.exists(root.resolve(".git"))) {
      return filesBelow(root, "").stream().filter(this::isSource).toList();
    }
    return Stream.of(git().split("\0"))
        .filter(name -> !name.isEmpty())
        .map(root::resolve)
        .filter(Files::isRegularFile)
        .toList();
  }

  private boolean isSource(Path file) {
    for (Path part : root.relativize(file)) {
      if (part.toString().equals("target")) {
        return false;
      }
    }
    return true;
  }

  private String git() {
    try {
      Process git =
          new ProcessBuilder("git", "ls-files", "-z")
              .directory(root.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String names = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!git.waitFor(30, TimeUnit.SECONDS) || git.exitValue() != 0) {
        throw new IllegalStateException("git ls-files failed in " + root);
      }
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while git listed the files", e);
    }
  }

  static List<Path> filesBelow(Path folder, String suffix) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.toString().endsWith(suffix))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
