package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertList;
import dev.switchboard.proto.v1.ExpertPart;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/** {@code expert}: the experts of a running cluster, and which of them may be woken. */
@Command(
    name = "switchboard expert",
    description =
        "Lists a running cluster's experts, adds one, removes it, disables one, enables it again.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "(list | add | remove | disable | enable)",
    footer = {
      "",
      "Examples:",
      "  ./switchboard expert list --router 10.0.0.5:7300",
      "  ./switchboard expert add go-expert --share 0.1 && ./switchboard gate report",
      "  ./switchboard expert remove go",
      "  ./switchboard expert disable latex",
      "  ./switchboard expert enable 6",
      "Without --router: $SWITCHBOARD_ROUTER, or else " + RunningRouter.DEFAULT + ".",
      "Where routers know keys (router.keys), one with admin: true is needed: $SWITCHBOARD_API_KEY."
    })
final class ExpertCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Terminal terminal;

  @Mixin private final RunningRouter router;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      scope = ScopeType.INHERIT,
      description =
          "add and remove wait so long for nodes and requests (default: ${DEFAULT-VALUE})")
  private int timeoutSeconds = 600;

  ExpertCommand(Terminal terminal) {
    this.terminal = terminal;
    this.router = new RunningRouter(terminal);
  }

  @Override
  public Integer call() {
    throw router.wrong("expected list, add, remove, disable or enable");
  }

  @Command(
      name = "list",
      description = "Shows the experts, where they are, and whether they may be woken.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int list() {
    return show(router.ask(client -> client.experts(TIMEOUT)));
  }

  @Command(
      name = "disable",
      description = "No request that begins from now on wakes the expert, at any router.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int disable(@Parameters(paramLabel = "EXPERT", description = "name or index") String expert) {
    return set(expert, true);
  }

  @Command(
      name = "enable",
      description = "Requests may wake the expert again.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int enable(@Parameters(paramLabel = "EXPERT", description = "name or index") String expert) {
    return set(expert, false);
  }

  @Command(
      name = "add",
      description = {
        "Puts one more expert ('train expert') into the cluster: a node loads it, then its gates",
        "route a share of the requests. 'gate promote' gives them all, 'gate rollback' none."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int add(
      @Parameters(paramLabel = "DIR", description = "as 'train expert --out' writes it")
          Path directory,
      @Option(
              names = "--share",
              paramLabel = "S",
              defaultValue = "0.1",
              description =
                  "of the requests: more than 0; 1 routes all of them at once (default:"
                      + " ${DEFAULT-VALUE})")
          double share,
      @Option(
              names = "--why",
              paramLabel = "TEXT",
              defaultValue = "",
              description = "for the history")
          String why) {
    if (!(share > 0 && share <= 1)) {
      throw router.wrong("--share: " + share + "; expected more than 0 and at most 1");
    }
    checkTimeout();
    try (FileParts<ExpertPart> files = FileParts.ofExpert(directory)) {
      return router.ask(client -> add(client, files, share, why));
    }
  }

  private int add(SwitchboardClient client, FileParts<ExpertPart> files, double share, String why) {
    ExpertRollout rollout = rollout(client);
    AddExpertReply sent = rollout.send(files);
    ExpertEntry expert = rollout.await(sent);
    rollout.route(sent.getGateVersion(), share, why);
    router.tell(
        String.format(
            Locale.ROOT,
            "expert %s is expert %d, on %s; gates %s route %s",
            expert.getName(),
            expert.getIndex(),
            String.join(" ", expert.getReplicasList()),
            sent.getGateVersion(),
            share == 1 ? "all requests" : share + " of the requests"),
        out -> writeAdded(out, expert, sent.getGateVersion(), share));
    return 0;
  }

  @Command(
      name = "remove",
      description = {
        "Takes an expert that was added out again: its gates are rolled back, requests that began",
        "before end as they began, then it leaves the nodes."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int remove(@Parameters(paramLabel = "EXPERT", description = "name or index") String expert) {
    checkTimeout();
    return show(router.ask(client -> rollout(client).remove(expert)));
  }

  private void checkTimeout() {
    if (timeoutSeconds < 1) {
      throw router.wrong("--timeout: " + timeoutSeconds + "; expected 1 or more seconds");
    }
  }

  private ExpertRollout rollout(SwitchboardClient client) {
    String who = terminal.environment().getOrDefault("USER", "");
    return new ExpertRollout(client, who, Duration.ofSeconds(timeoutSeconds));
  }

  private int set(String expert, boolean disabled) {
    return show(router.ask(client -> client.setExpert(expert, disabled, TIMEOUT)));
  }

  private int show(ExpertList list) {
    router.tell(text(list), out -> write(out, list));
    return 0;
  }

  private static void writeAdded(JsonGenerator json, ExpertEntry expert, String gate, double share)
      throws IOException {
    writeFields(json, expert);
    json.writeStringField("gateVersion", gate);
    json.writeNumberField("share", share);
  }

  private static String text(ExpertList list) {
    StringBuilder text = new StringBuilder();
    for (ExpertEntry expert : list.getExpertsList()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%4d  %-20s %-9s %s%n",
              expert.getIndex(),
              expert.getName(),
              expert.getDisabled() ? "disabled" : "",
              String.join(" ", expert.getReplicasList())));
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, ExpertList list) throws IOException {
    json.writeStringField("gateVersion", list.getGateVersion());
    json.writeArrayFieldStart("experts");
    for (ExpertEntry expert : list.getExpertsList()) {
      json.writeStartObject();
      writeFields(json, expert);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void writeFields(JsonGenerator json, ExpertEntry expert) throws IOException {
    json.writeNumberField("index", expert.getIndex());
    json.writeStringField("name", expert.getName());
    json.writeBooleanField("disabled", expert.getDisabled());
    if (!expert.getFingerprint().isEmpty()) {
      json.writeStringField("fingerprint", expert.getFingerprint());
    }
    json.writeArrayFieldStart("replicas");
    for (String node : expert.getReplicasList()) {
      json.writeString(node);
    }
    json.writeEndArray();
  }
}
