package dev.switchboard.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both images: made, unpacked, and run from what was unpacked. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class ImageIT {
  private static final long MOST_ROUTER_BYTES = 300_000_000;
  private static final long MOST_NODE_BYTES = 250_000_000;

  private static UnpackedImage router;
  private static UnpackedImage node;

  private final List<Process> processes = new ArrayList<>();

  @BeforeAll
  static void make() throws IOException {
    Path home = Path.of(System.getProperty("switchboard.home", "..")).toAbsolutePath().normalize();
    Path out = Files.createDirectories(Path.of("target", "images").toAbsolutePath());
    ImageMain.write(home, out, "test", "scratch");
    Trees.delete(out.resolve("router"));
    Trees.delete(out.resolve("node"));
    router = UnpackedImage.of(out.resolve("switchboard-router.tar"), out.resolve("router"));
    node = UnpackedImage.of(out.resolve("switchboard-node.tar"), out.resolve("node"));
  }

  @AfterEach
  void end() {
    processes.forEach(process -> process.destroyForcibly().onExit().join());
  }

  @Test
  void theyAreSmallAndOfAUserWithoutRights() throws IOException {
    System.out.printf(
        "router image %d MB, node image %d MB, unpacked%n",
        router.bytes() / 1_000_000, node.bytes() / 1_000_000);
    assertThat(router.bytes()).isLessThan(MOST_ROUTER_BYTES);
    assertThat(node.bytes()).isLessThan(MOST_NODE_BYTES);
    assertThat(router.config().path("User").asText()).isEqualTo("65532:65532");
    assertThat(node.config().path("User").asText()).isEqualTo("65532:65532");
    assertThat(node.layers()).isEqualTo(5);
    assertThat(node.config().path("ExposedPorts").has("7400/tcp")).isTrue();
  }

  @Test
  void aRouterAndANodeServeFromTheirFilesAlone() throws IOException {
    assumeThat(UnpackedImage.canContain())
        .as("mounting and changing the root are not allowed here: the images are not run")
        .isTrue();
    Process serving = start(router, "router", "--nodes", "1", "--grid-port", "0");
    String grid = announced(serving, "grid");
    start(node, "node", "--join", grid);
    assertThat(announced(serving, "address")).startsWith("127.0.0.1:");
  }

  private Process start(UnpackedImage image, String... arguments) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(image.contained(List.of(arguments)));
    builder.environment().clear();
    builder.environment().put("PATH", System.getenv("PATH"));
    for (String variable : image.environment()) {
      int equals = variable.indexOf('=');
      builder.environment().put(variable.substring(0, equals), variable.substring(equals + 1));
    }
    builder.environment().put("SWITCHBOARD_GRID_PACK_CACHE", "off");
    builder.environment().put("SWITCHBOARD_GRID_SAME_HOST", "tcp");
    builder.environment().put("JDK_JAVA_OPTIONS", "-Xmx512m");
    builder.redirectError(Path.of("target", "images", arguments[0] + ".err").toFile());
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  /** The value of a key in one of the lines of JSON that a process prints. */
  private static String announced(Process process, String key) throws IOException {
    BufferedReader lines = process.inputReader();
    String wanted = "\"" + key + "\":\"";
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      int at = line.indexOf(wanted);
      if (at >= 0) {
        return line.substring(at + wanted.length(), line.indexOf('"', at + wanted.length()));
      }
    }
    throw new AssertionError("the process ended without saying its " + key);
  }
}
