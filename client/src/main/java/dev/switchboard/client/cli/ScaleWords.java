package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.client.chaos.ChaosPlan;
import dev.switchboard.client.chaos.ChaosReport;
import dev.switchboard.client.chaos.ScaleReport;
import dev.switchboard.client.chaos.ScaleReport.Came;
import dev.switchboard.client.chaos.ScaleReport.Decision;
import dev.switchboard.client.chaos.ScaleReport.Phase;
import java.io.IOException;

/** A {@link ScaleReport} for programs and for people. */
final class ScaleWords {
  private ScaleWords() {}

  static String json(ChaosPlan plan, ScaleReport report) {
    return Json.object(json -> {
      json.writeNumberField("seed", plan.seed());
      json.writeNumberField("streams", plan.demand().streams());
      json.writeNumberField("requests", report.requests().asked());
      json.writeNumberField("failedRequests", report.requests().failed());
      json.writeNumberField("wrongTokens", report.requests().wrongTokens());
      json.writeNumberField("retries", report.requests().retries());
      ChaosWords.times(json, "gap", report.gaps());
      json.writeArrayFieldStart("phases");
      for (Phase phase : report.phases()) {
        phase(json, phase);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("came");
      for (Came node : report.came()) {
        json.writeStartObject();
        json.writeStringField("node", node.name());
        json.writeNumberField("readyMillis", node.readyMillis());
        json.writeNumberField("firstBatchMillis", node.firstBatchMillis());
        json.writeNumberField("wholeMillis", node.wholeMillis());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("decisions");
      for (Decision decision : report.decisions()) {
        json.writeStartObject();
        json.writeStringField("why", decision.why());
        json.writeNumberField("loads", decision.loads());
        json.writeNumberField("drops", decision.drops());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("problems");
      for (String problem : report.problems()) {
        json.writeString(problem);
      }
      json.writeEndArray();
    });
  }

  private static void phase(JsonGenerator json, Phase phase) throws IOException {
    json.writeStartObject();
    json.writeNumberField("nodes", phase.nodeCount());
    json.writeNumberField("tokensPerSecond", ChaosWords.rounded(phase.tokensPerSecond()));
    json.writeNumberField("nodeProcessors", ChaosWords.rounded(phase.nodes()));
    json.writeNumberField("routerProcessors", ChaosWords.rounded(phase.routers()));
    json.writeNumberField("busiestProcessors", ChaosWords.rounded(phase.busiest()));
    json.writeNumberField(
        "inferredTokensPerSecond", ChaosWords.rounded(phase.inferredTokensPerSecond()));
    json.writeEndObject();
  }

  static String text(ScaleReport report) {
    StringBuilder text = new StringBuilder();
    for (Phase phase : report.phases()) {
      ChaosWords.line(
          text,
          "%d nodes: %.0f tokens/s (processors: nodes %.2f, routers %.2f, busiest process %.2f; inferred with enough processors: %.0f tokens/s)",
          phase.nodeCount(),
          phase.tokensPerSecond(),
          phase.nodes(),
          phase.routers(),
          phase.busiest(),
          phase.inferredTokensPerSecond());
    }
    for (Came node : report.came()) {
      ChaosWords.line(
          text,
          "%s: ready after %d ms, first batch after %d ms, all as placed after %d ms",
          node.name(),
          node.readyMillis(),
          node.firstBatchMillis(),
          node.wholeMillis());
    }
    for (Decision decision : report.decisions()) {
      ChaosWords.line(
          text, "%s: %d loads, %d drops", decision.why(), decision.loads(), decision.drops());
    }
    ChaosReport.Requests requests = report.requests();
    ChaosWords.line(
        text,
        "%d requests: %d failed, %d tokens wrong, %d sent again; gaps, ms: p50, p95, most %s",
        requests.asked(),
        requests.failed(),
        requests.wrongTokens(),
        requests.retries(),
        ChaosWords.millis(report.gaps()));
    report.problems().forEach(problem -> ChaosWords.line(text, "%s", problem));
    return text.toString().stripTrailing();
  }
}
