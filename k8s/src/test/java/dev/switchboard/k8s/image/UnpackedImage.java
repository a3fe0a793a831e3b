package dev.switchboard.k8s.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An OCI archive laid out as a container runtime would, and its configuration.
 *
 * @param root the root of its files
 * @param config its {@code config}
 * @param layers how many it has
 */
record UnpackedImage(Path root, JsonNode config, int layers) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static UnpackedImage of(Path archive, Path folder) throws IOException {
    Path layout = Files.createDirectories(folder.resolve("layout"));
    Path root = Files.createDirectories(folder.resolve("root"));
    Tools.run(List.of("tar", "-xf", archive.toString(), "-C", layout.toString()));
    JsonNode index = JSON.readTree(layout.resolve("index.json").toFile());
    JsonNode manifest = JSON.readTree(blob(layout, index.at("/manifests/0")).toFile());
    for (JsonNode layer : manifest.path("layers")) {
      Tools.run(
          List.of(
              "tar",
              "-xzf",
              blob(layout, layer).toString(),
              "-C",
              root.toString(),
              "--no-same-owner"));
    }
    JsonNode config = JSON.readTree(blob(layout, manifest.path("config")).toFile());
    return new UnpackedImage(root, config.path("config"), manifest.path("layers").size());
  }

  private static Path blob(Path layout, JsonNode described) {
    return layout.resolve("blobs").resolve(described.path("digest").asText().replace(':', '/'));
  }

  long bytes() throws IOException {
    long sum = 0;
    for (Path file : Trees.files(root)) {
      sum += Files.size(file);
    }
    return sum;
  }

  /**
   * The command of a process that has these files alone, read-only but for {@code /tmp}, and the
   * image's user.
   */
  List<String> contained(List<String> arguments) throws IOException {
    for (String folder : List.of("proc", "dev", "tmp")) {
      Files.createDirectories(root.resolve(folder));
    }
    String script =
        "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\""
            + " && mount -t tmpfs -o mode=1777 none \"$0/tmp\""
            + " && mount --rbind /proc \"$0/proc\" && mount --rbind /dev \"$0/dev\""
            + " && exec chroot --userspec="
            + config.path("User").asText()
            + " \"$0\" \"$@\"";
    List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", script));
    command.add(root.toString());
    config.path("Entrypoint").forEach(word -> command.add(word.asText()));
    command.addAll(arguments);
    return command;
  }

  /** Whether this machine lets us contain a process. */
  static boolean canContain() {
    try {
      Tools.run(List.of("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /tmp"));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  List<String> environment() {
    List<String> variables = new ArrayList<>();
    config.path("Env").forEach(variable -> variables.add(variable.asText()));
    return variables;
  }
}
