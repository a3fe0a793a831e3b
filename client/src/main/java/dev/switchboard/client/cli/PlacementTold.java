package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.MarkedNode;
import dev.switchboard.proto.v1.PlacementChange;
import dev.switchboard.proto.v1.PlacementDecision;
import dev.switchboard.proto.v1.PlacementReport;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;

/** Marks of nodes and decisions about the placement, as JSON and as text. */
record PlacementTold(PlacementReport report) {
  /** A line a node that is not used like others. */
  String marks() {
    if (report.getMarksCount() == 0) {
      return "no node is cordoned or drained\n";
    }
    StringBuilder text = new StringBuilder();
    for (MarkedNode node : report.getMarksList()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s is %s since %s by %s%s%n",
              node.getNode(),
              Json.enumWord("NODE_MARK_", node.getMark()),
              Instant.ofEpochMilli(node.getAtMillis()),
              node.getWho().isEmpty() ? "somebody" : node.getWho(),
              node.getWhy().isEmpty() ? "" : ": " + node.getWhy()));
    }
    return text.toString();
  }

  /** A line a decision, the newest last. */
  String history() {
    StringBuilder text = new StringBuilder();
    report.getHistoryList().forEach(decision -> text.append(line(decision)));
    return text.toString();
  }

  /** The newest decision. */
  String last() {
    int count = report.getHistoryCount();
    return count == 0 ? "nothing was decided yet" : line(report.getHistory(count - 1));
  }

  private static String line(PlacementDecision decision) {
    return String.format(
        Locale.ROOT,
        "%s  epoch %-5d  %-40s  loads %d, gives up %d, balance %.2f -> %.2f  by %s%n",
        Instant.ofEpochMilli(decision.getAtMillis()),
        decision.getEpoch(),
        decision.getWhy(),
        decision.getLoads(),
        decision.getDrops(),
        decision.getBalanceBefore(),
        decision.getBalanceAfter(),
        decision.getRouter());
  }

  void write(JsonGenerator json) throws IOException {
    Json.unsigned(json, "epoch", report.getEpoch());
    json.writeArrayFieldStart("marks");
    for (MarkedNode node : report.getMarksList()) {
      json.writeStartObject();
      json.writeStringField("node", node.getNode());
      json.writeStringField("mark", Json.enumWord("NODE_MARK_", node.getMark()));
      json.writeStringField("who", node.getWho());
      json.writeStringField("why", node.getWhy());
      json.writeNumberField("atMillis", node.getAtMillis());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("history");
    for (PlacementDecision decision : report.getHistoryList()) {
      json.writeStartObject();
      write(json, decision);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, PlacementDecision decision) throws IOException {
    Json.unsigned(json, "epoch", decision.getEpoch());
    json.writeStringField("router", decision.getRouter());
    json.writeNumberField("atMillis", decision.getAtMillis());
    json.writeStringField("why", decision.getWhy());
    json.writeNumberField("loads", decision.getLoads());
    json.writeNumberField("drops", decision.getDrops());
    json.writeNumberField("balanceBefore", decision.getBalanceBefore());
    json.writeNumberField("balanceAfter", decision.getBalanceAfter());
    json.writeArrayFieldStart("changes");
    for (PlacementChange change : decision.getChangesList()) {
      json.writeStartObject();
      json.writeNumberField("unit", change.getUnit());
      json.writeStringField("node", change.getNode());
      json.writeBooleanField("comes", change.getComes());
      json.writeStringField("why", change.getWhy());
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
