package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.EngineStatus;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.NodeMark;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.RouterStatus;
import dev.switchboard.proto.v1.VersionStatus;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;

/** A cluster's status, as JSON and as a table. */
record StatusReport(ClusterStatus status) {
  /**
   * Experts' multiply-adds over what all experts would have taken for the same tokens; 0 before the
   * first token.
   */
  double activeExpertFraction() {
    long all = status.getAllExpertsMultiplyAdds();
    return all == 0 ? 0 : (double) status.getExpertMultiplyAdds() / all;
  }

  void write(JsonGenerator json) throws IOException {
    json.writeStringField("clusterName", status.getClusterName());
    json.writeStringField("model", status.getModelName());
    json.writeStringField("modelFingerprint", status.getModelFingerprint());
    Json.unsigned(json, "placementEpoch", status.getPlacementEpoch());
    json.writeBooleanField("complete", status.getComplete());
    Json.unsigned(json, "tokensRouted", status.getTokensRouted());
    json.writeNumberField("topK", status.getTopK());
    json.writeNumberField("activeExpertFraction", activeExpertFraction());
    Json.unsigned(json, "expertMultiplyAdds", status.getExpertMultiplyAdds());
    Json.unsigned(json, "allExpertsMultiplyAdds", status.getAllExpertsMultiplyAdds());
    writeVersions(json);
    json.writeArrayFieldStart("nodes");
    for (NodeStatus node : status.getNodesList()) {
      writeNode(json, node);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("routers");
    for (RouterStatus router : status.getRoutersList()) {
      writeRouter(json, router);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("experts");
    for (ExpertLoad expert : status.getExpertsList()) {
      writeExpert(json, expert);
    }
    json.writeEndArray();
    new LoadReport(status).write(json);
  }

  private void writeVersions(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("versions");
    for (VersionStatus version : status.getVersionsList()) {
      new VersionReport(version).write(json);
    }
    json.writeEndArray();
  }

  private static void writeNode(JsonGenerator json, NodeStatus node) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", node.getId());
    json.writeNumberField("pid", node.getPid());
    json.writeStringField("address", node.getAddress());
    json.writeStringField("state", Json.enumWord("NODE_STATE_", node.getState()));
    Json.unsigned(json, "placementEpoch", node.getPlacementEpoch());
    json.writeNumberField("expertsHeld", node.getExpertsHeld());
    json.writeNumberField("queuedBatches", node.getQueuedBatches());
    json.writeNumberField("busyNanos", node.getBusyNanos());
    json.writeNumberField("batches", node.getBatches());
    json.writeNumberField("rows", node.getRows());
    json.writeNumberField("residentBytes", node.getResidentBytes());
    json.writeNumberField("expertsAwake", node.getExpertsAwake());
    json.writeNumberField("expertsAsleep", node.getExpertsAsleep());
    json.writeNumberField("asleepBytes", node.getAsleepBytes());
    json.writeNumberField("wakes", node.getWakes());
    json.writeStringField("mark", mark(node));
    json.writeNumberField("unitsPlaced", node.getUnitsPlaced());
    json.writeNumberField("unitsHeld", node.getUnitsHeld());
    json.writeStringField("software", node.getSoftware());
    json.writeNumberField("protocol", node.getProtocol());
    json.writeNumberField("outstandingTokens", node.getOutstandingTokens());
    json.writeNumberField("refusedBatches", node.getRefusedBatches());
    json.writeNumberField("speed", node.getSpeed());
    LoadReport.writeCost(json, node.getCost());
    json.writeEndObject();
  }

  /** How the node is not like others; empty if it is. */
  private static String mark(NodeStatus node) {
    return node.getMark() == NodeMark.NODE_MARK_UNSPECIFIED
        ? ""
        : Json.enumWord("NODE_MARK_", node.getMark());
  }

  private static void writeRouter(JsonGenerator json, RouterStatus router) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", router.getId());
    json.writeNumberField("pid", router.getPid());
    json.writeStringField("address", router.getAddress());
    json.writeBooleanField("leader", router.getLeader());
    json.writeNumberField("runningRequests", router.getRunningRequests());
    json.writeNumberField("queuedRequests", router.getQueuedRequests());
    json.writeNumberField("tokensRouted", router.getTokensRouted());
    json.writeStringField("software", router.getSoftware());
    LoadReport.writeCost(json, router.getCost());
    if (router.hasEngine()) {
      json.writeObjectFieldStart("engine");
      writeEngine(json, router.getEngine());
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void writeEngine(JsonGenerator json, EngineStatus engine) throws IOException {
    json.writeNumberField("steps", engine.getSteps());
    json.writeNumberField("promptTokens", engine.getPromptTokens());
    json.writeNumberField("prefixTokens", engine.getPrefixTokens());
    json.writeNumberField("generatedTokens", engine.getGeneratedTokens());
    json.writeNumberField("preemptions", engine.getPreemptions());
    json.writeNumberField("repeatedTokens", engine.getRepeatedTokens());
    json.writeNumberField("refusedRequests", engine.getRefusedRequests());
    json.writeNumberField("longestGapNanos", engine.getLongestGapNanos());
    json.writeNumberField("kvUsedBytes", engine.getKvUsedBytes());
    json.writeNumberField("kvCachedBytes", engine.getKvCachedBytes());
    json.writeNumberField("kvBudgetBytes", engine.getKvBudgetBytes());
    json.writeNumberField("kvEvictedBlocks", engine.getKvEvictedBlocks());
    json.writeNumberField("prefixStates", engine.getPrefixStates());
    json.writeNumberField("prefixStateBytes", engine.getPrefixStateBytes());
    json.writeNumberField("prefixStateBudgetBytes", engine.getPrefixStateBudgetBytes());
    json.writeNumberField("prefixStatesEvicted", engine.getPrefixStatesEvicted());
  }

  private static void writeExpert(JsonGenerator json, ExpertLoad expert) throws IOException {
    json.writeStartObject();
    json.writeNumberField("layer", expert.getLayer());
    json.writeNumberField("expert", expert.getExpert());
    json.writeStringField("name", expert.getName());
    json.writeNumberField("tokens", expert.getTokens());
    if (expert.hasIdleMillis()) {
      json.writeNumberField("rows", expert.getRows());
      json.writeNumberField("serviceNanos", expert.getServiceNanos());
      json.writeNumberField("idleMillis", expert.getIdleMillis());
    }
    json.writeArrayFieldStart("replicas");
    for (String node : expert.getReplicasList()) {
      json.writeString(node);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** The processes, one a line: role, pid, address, rows computed, experts held. */
  String processTable() {
    StringBuilder text =
        new StringBuilder(line("process", "pid", "address", "rows", "experts held"));
    for (RouterStatus router : status.getRoutersList()) {
      text.append(line("router", router.getPid() + "", router.getAddress(), "-", held("")));
    }
    for (NodeStatus node : status.getNodesList()) {
      String state = Json.enumWord("NODE_STATE_", node.getState());
      String what = state.equals("ready") ? held(node.getId()) : "(" + state + ")";
      what = node.getExpertsAsleep() == 0 ? what : what + asleep(node);
      what = mark(node).isEmpty() ? what : "[" + mark(node) + "] " + what;
      text.append(line("node", node.getPid() + "", node.getAddress(), node.getRows() + "", what));
    }
    return text.toString();
  }

  /** The versions in the cluster, one a line; empty where there is one alone. */
  String versionTable() {
    StringBuilder text = new StringBuilder();
    if (status.getVersionsCount() > 1) {
      for (VersionStatus version : status.getVersionsList()) {
        text.append(new VersionReport(version).line()).append(System.lineSeparator());
      }
    }
    return text.toString();
  }

  /** Experts are counted by layers here: each sleeps by itself. */
  private static String asleep(NodeStatus node) {
    long all = node.getExpertsAwake() + node.getExpertsAsleep();
    return " (" + node.getExpertsAsleep() + " of " + all + " asleep)";
  }

  /** Tokens by expert, over all layers. */
  String expertTable() {
    TreeMap<String, Long> tokens = new TreeMap<>();
    for (ExpertLoad expert : status.getExpertsList()) {
      tokens.merge(expert.getName(), expert.getTokens(), Long::sum);
    }
    long all = Math.max(1, tokens.values().stream().mapToLong(Long::longValue).sum());
    StringBuilder text = new StringBuilder();
    tokens.forEach((name, count) -> text.append(Bars.line(name, (double) count / all)));
    return text.toString();
  }

  /**
   * Names of the experts of which the node holds a replica; for the router those that no node
   * holds.
   */
  private String held(String nodeId) {
    TreeSet<String> names = new TreeSet<>();
    for (ExpertLoad expert : status.getExpertsList()) {
      List<String> replicas = expert.getReplicasList();
      if (replicas.contains(nodeId) || (nodeId.isEmpty() && status.getNodesCount() == 0)) {
        names.add(expert.getName());
      }
    }
    return String.join(", ", names);
  }

  private static String line(String role, String pid, String address, String rows, String experts) {
    String text =
        String.format(Locale.ROOT, "  %-8s %8s  %-22s %9s  %s", role, pid, address, rows, experts);
    return text.stripTrailing() + System.lineSeparator();
  }
}
