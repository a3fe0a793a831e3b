package dev.switchboard.client.cli;

import dev.switchboard.client.FakeRouter;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A command that has run inside this JVM: exit code and what it wrote. */
record Run(int exit, String out, String err) {
  static Run of(Map<String, String> environment, String input, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(out, err, new BufferedReader(new StringReader(input)), environment);
    int exit = SwitchboardMain.run(args, terminal);
    terminal.out().flush();
    return new Run(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  static Run of(String... args) {
    return of(Map.of(), "", args);
  }

  /** The command with a router of its own. */
  static Run against(FakeRouter.Manner manner, String... args) {
    try (FakeRouter router = new FakeRouter(manner)) {
      List<String> all = new ArrayList<>(List.of(args));
      all.addAll(List.of("--router", router.address().toString()));
      return of(all.toArray(String[]::new));
    }
  }
}
