package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.HotExpert;
import dev.switchboard.proto.v1.LoadWindow;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.NodeWindow;
import dev.switchboard.proto.v1.ProcessCost;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a cluster did lately, as JSON and as tables. */
record LoadReport(ClusterStatus status) {
  /** Experts in the table. */
  private static final int HOTTEST = 8;

  /** Fields of the status' object. */
  void write(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("windows");
    for (LoadWindow window : status.getWindowsList()) {
      writeWindow(json, window);
    }
    json.writeEndArray();
    json.writeObjectFieldStart("left");
    json.writeNumberField("tokensRouted", status.getLeft().getTokensRouted());
    json.writeNumberField("rows", status.getLeft().getRows());
    json.writeNumberField("batches", status.getLeft().getBatches());
    json.writeNumberField("busyNanos", status.getLeft().getBusyNanos());
    json.writeEndObject();
  }

  private static void writeWindow(JsonGenerator json, LoadWindow window) throws IOException {
    json.writeStartObject();
    json.writeNumberField("seconds", window.getSeconds());
    json.writeNumberField("coveredNanos", window.getCoveredNanos());
    json.writeNumberField("tokensRouted", window.getTokensRouted());
    json.writeArrayFieldStart("nodes");
    for (NodeWindow node : window.getNodesList()) {
      json.writeStartObject();
      json.writeStringField("node", node.getNode());
      json.writeNumberField("rows", node.getRows());
      json.writeNumberField("batches", node.getBatches());
      json.writeNumberField("refusedBatches", node.getRefusedBatches());
      json.writeNumberField("busyNanos", node.getBusyNanos());
      json.writeNumberField("coveredNanos", node.getCoveredNanos());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("hottest");
    for (HotExpert expert : window.getHottestList()) {
      json.writeStartObject();
      json.writeNumberField("layer", expert.getLayer());
      json.writeNumberField("expert", expert.getExpert());
      json.writeStringField("name", expert.getName());
      json.writeNumberField("tokens", expert.getTokens());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Processor time of a process, as a field of its object. */
  static void writeCost(JsonGenerator json, ProcessCost cost) throws IOException {
    json.writeObjectFieldStart("cost");
    json.writeNumberField("cpuNanos", cost.getCpuNanos());
    json.writeNumberField("statisticsNanos", cost.getStatisticsNanos());
    json.writeNumberField("gridNanos", cost.getGridNanos());
    json.writeEndObject();
  }

  /** Nodes and the hottest experts; empty where nothing was seen yet. */
  String text() {
    if (status.getWindowsCount() == 0) {
      return "";
    }
    return nodeTable() + hottestTable();
  }

  private String nodeTable() {
    if (status.getNodesCount() == 0) {
      return "";
    }
    List<LoadWindow> windows = status.getWindowsList();
    String lengths =
        windows.stream()
            .map(window -> right(window.getSeconds() + " s"))
            .collect(Collectors.joining());
    StringBuilder text = new StringBuilder();
    text.append(
        line("  %-20s %s  %s %7s %7s %6s", "node", lengths, lengths, "queue", "tokens", "speed"));
    for (NodeStatus node : status.getNodesList()) {
      String rows =
          windows.stream()
              .map(window -> right(of(window, node).map(LoadReport::rowsPerSecond).orElse("-")))
              .collect(Collectors.joining());
      String busy =
          windows.stream()
              .map(window -> right(of(window, node).map(LoadReport::busy).orElse("-")))
              .collect(Collectors.joining());
      text.append(
          line(
              "  %-20s %s  %s %7d %7d %6.2f",
              node.getAddress(),
              rows,
              busy,
              node.getQueuedBatches(),
              node.getOutstandingTokens(),
              node.getSpeed()));
    }
    return "tokens of experts a second, and share of the time busy\n" + text + "\n";
  }

  private String hottestTable() {
    Optional<LoadWindow> busiest =
        status.getWindowsList().stream().filter(window -> window.getHottestCount() > 0).findFirst();
    if (busiest.isEmpty()) {
      return "";
    }
    LoadWindow window = busiest.get();
    StringBuilder text =
        new StringBuilder(
            line("hottest experts of the last %d s (tokens a second)", window.getSeconds()));
    window.getHottestList().stream()
        .limit(HOTTEST)
        .forEach(expert -> text.append(hot(window, expert)));
    return text + coldest() + "\n";
  }

  private String hot(LoadWindow window, HotExpert expert) {
    Optional<ExpertLoad> known =
        status.getExpertsList().stream()
            .filter(one -> one.getLayer() == expert.getLayer())
            .filter(one -> one.getExpert() == expert.getExpert())
            .findFirst();
    String service =
        known
            .filter(one -> one.getRows() > 0)
            .map(one ->
                String.format(
                    Locale.ROOT, "%.1f µs a token", one.getServiceNanos() / 1e3 / one.getRows()))
            .orElse("");
    return line(
        "  layer %3d  %-12s %10.1f  %s",
        expert.getLayer(),
        expert.getName(),
        perSecond(expert.getTokens(), window.getCoveredNanos()),
        service);
  }

  /** How many experts sleep: not used for a minute, or never. */
  private String coldest() {
    long asleep =
        status.getExpertsList().stream()
            .filter(one -> one.getReplicasCount() > 0)
            .filter(one -> !one.hasIdleMillis() || one.getIdleMillis() > 60_000)
            .count();
    long all = status.getExpertsList().stream().filter(one -> one.getReplicasCount() > 0).count();
    return all == 0 ? "" : line("  %d of %d experts were not used in the last minute", asleep, all);
  }

  private static Optional<NodeWindow> of(LoadWindow window, NodeStatus node) {
    return window.getNodesList().stream()
        .filter(one -> one.getNode().equals(node.getId()))
        .findFirst();
  }

  private static String rowsPerSecond(NodeWindow node) {
    return String.format(Locale.ROOT, "%.0f", perSecond(node.getRows(), node.getCoveredNanos()));
  }

  private static String busy(NodeWindow node) {
    double share =
        node.getCoveredNanos() == 0 ? 0 : (double) node.getBusyNanos() / node.getCoveredNanos();
    return String.format(Locale.ROOT, "%.0f %%", 100 * Math.min(1, share));
  }

  private static double perSecond(long count, long nanos) {
    return nanos == 0 ? 0 : count * 1e9 / nanos;
  }

  private static String right(String text) {
    return String.format(Locale.ROOT, "%8s", text);
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values).stripTrailing() + System.lineSeparator();
  }
}
