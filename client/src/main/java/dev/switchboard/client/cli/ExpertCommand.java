package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertList;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code expert}: which experts of a running cluster may be woken. */
@Command(
    name = "switchboard expert",
    description = "Lists a running cluster's experts, disables one, enables it again.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "(list | disable | enable)",
    footer = {
      "",
      "Examples:",
      "  ./switchboard expert list --router 10.0.0.5:7300",
      "  ./switchboard expert disable latex",
      "  ./switchboard expert enable 6",
      "Without --router: $SWITCHBOARD_ROUTER, or else " + RunningRouter.DEFAULT + ".",
      "Where routers know keys (router.keys), one with admin: true is needed: $SWITCHBOARD_API_KEY."
    })
final class ExpertCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Mixin private final RunningRouter router;

  ExpertCommand(Terminal terminal) {
    this.router = new RunningRouter(terminal);
  }

  @Override
  public Integer call() {
    throw router.wrong("expected list, disable or enable");
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

  private int set(String expert, boolean disabled) {
    return show(router.ask(client -> client.setExpert(expert, disabled, TIMEOUT)));
  }

  private int show(ExpertList list) {
    router.tell(text(list), out -> write(out, list));
    return 0;
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
      json.writeNumberField("index", expert.getIndex());
      json.writeStringField("name", expert.getName());
      json.writeBooleanField("disabled", expert.getDisabled());
      json.writeArrayFieldStart("replicas");
      for (String node : expert.getReplicasList()) {
        json.writeString(node);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
