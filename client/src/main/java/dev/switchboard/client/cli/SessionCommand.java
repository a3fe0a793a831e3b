package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.ForkSessionReply;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code session}: what is kept of conversations. */
@Command(
    name = "switchboard session",
    description = "Forgets a session, or makes a second one of it.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "(forget | fork)",
    footer = {
      "",
      "Examples:",
      "  ./switchboard session fork story other-end --router 10.0.0.5:7300",
      "  ./switchboard session forget story",
      "Without --router: $SWITCHBOARD_ROUTER, or else " + RunningRouter.DEFAULT + ".",
      "A session that was begun with a key belongs to it: $SWITCHBOARD_API_KEY."
    })
final class SessionCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  @Mixin private final RunningRouter router;

  SessionCommand(Terminal terminal) {
    this.router = new RunningRouter(terminal);
  }

  @Override
  public Integer call() {
    throw router.wrong("expected forget or fork");
  }

  @Command(
      name = "forget",
      description = "Removes what is kept of a session, at all routers.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int forget(@Parameters(paramLabel = "NAME", description = "the session") String name) {
    boolean found = router.ask(client -> client.forgetSession(name, TIMEOUT));
    if (!found) {
      throw new CommandException("nothing is kept of a session \"" + name + "\"");
    }
    router.tell(
        String.format(Locale.ROOT, "session \"%s\" is forgotten", name),
        out -> out.writeStringField("forgotten", name));
    return 0;
  }

  @Command(
      name = "fork",
      description = "Makes a second session that goes on from where the first one is.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int fork(
      @Parameters(paramLabel = "NAME", description = "the session") String name,
      @Parameters(paramLabel = "NEW", description = "the name of the second one") String second) {
    ForkSessionReply reply = router.ask(client -> client.forkSession(name, second, TIMEOUT));
    router.tell(
        String.format(
            Locale.ROOT,
            "session \"%s\" goes on from turn %d of \"%s\": %,d tokens, %,d of them need not be read again",
            second,
            reply.getTurn(),
            name,
            reply.getTokens(),
            reply.getStateTokens()),
        out -> write(out, second, reply));
    return 0;
  }

  private static void write(JsonGenerator json, String name, ForkSessionReply reply)
      throws IOException {
    json.writeStringField("session", name);
    json.writeNumberField("turn", reply.getTurn());
    json.writeNumberField("tokens", reply.getTokens());
    json.writeNumberField("stateTokens", reply.getStateTokens());
    json.writeNumberField("stateBytes", reply.getStateBytes());
  }
}
