package dev.switchboard.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** What a user is told who starts a node wrongly. */
@ResourceLock(Resources.SYSTEM_ERR)
class NodeCommandTest {
  private record Ended(int status, String err, String out) {}

  @Test
  void anUnknownOptionIsWrongUsage() {
    Ended ended = run("node", "--no-such-option");
    assertThat(ended.status).isEqualTo(2);
    assertThat(ended.err).startsWith("switchboard: ").contains("--no-such-option").hasLineCount(1);
  }

  @Test
  void anUnknownKeyIsNamedWithItsFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("bad.yaml"), "no-such-key: 1\n");
    Ended ended = run("node", "--config", file.toString());
    assertThat(ended.status).isEqualTo(1);
    assertThat(ended.err)
        .startsWith("switchboard: ")
        .contains("no-such-key", "bad.yaml")
        .hasLineCount(1);
  }

  @Test
  void anImpossibleValueIsNamed() {
    Ended ended = run("node", "--port", "99999");
    assertThat(ended.status).isEqualTo(1);
    assertThat(ended.err).contains("node.port", "99999").hasLineCount(1);
  }

  @Test
  void aMissingModelIsNamed(@TempDir Path folder) {
    Ended ended =
        run("node", "--join", "127.0.0.1:1", "--model", folder.resolve("absent").toString());
    assertThat(ended.status).isEqualTo(1);
    assertThat(ended.err).startsWith("switchboard: ").contains("absent").hasLineCount(1);
  }

  @Test
  void helpHasExamples() {
    Ended ended = run("node", "--help");
    assertThat(ended.status).isZero();
    assertThat(ended.out).contains("Examples:", "switchboard node --join", "--exit-with-parent");
  }

  private static Ended run(String... args) {
    PrintStream err = System.err;
    PrintStream out = System.out;
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    try {
      System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
      System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
      int status = NodeMain.run(args);
      return new Ended(
          status,
          errBytes.toString(StandardCharsets.UTF_8),
          outBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setErr(err);
      System.setOut(out);
    }
  }
}
