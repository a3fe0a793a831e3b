package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.client.chaos.ChaosPlan;
import dev.switchboard.client.chaos.ChaosReport;
import dev.switchboard.client.chaos.ChaosReport.OfKind;
import dev.switchboard.client.chaos.ChaosReport.Times;
import dev.switchboard.client.chaos.FaultKind;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A {@link ChaosReport} for programs and for people. */
final class ChaosWords {
  private final ChaosPlan plan;
  private final ChaosReport report;

  ChaosWords(ChaosPlan plan, ChaosReport report) {
    this.plan = plan;
    this.report = report;
  }

  String json() {
    return Json.object(json -> {
      json.writeNumberField("seed", plan.seed());
      json.writeNumberField("minutes", plan.course().time().toMillis() / 60e3);
      json.writeNumberField("streams", plan.demand().streams());
      json.writeStringField("sameHost", plan.around().sameHost());
      json.writeNumberField("faults", report.faults());
      json.writeNumberField("requests", report.requests().asked());
      json.writeNumberField("failedRequests", report.requests().failed());
      json.writeNumberField("wrongTokens", report.requests().wrongTokens());
      json.writeNumberField("tokens", report.requests().tokens());
      json.writeNumberField("retries", report.requests().retries());
      degraded(json);
      times(json, "stall", report.stalls());
      times(json, "usualGap", report.usual());
      json.writeObjectFieldStart("byKind");
      for (Map.Entry<FaultKind, OfKind> kind : byKind().entrySet()) {
        json.writeObjectFieldStart(kind.getKey().word());
        json.writeNumberField("count", kind.getValue().count());
        times(json, "stall", kind.getValue().stalls());
        json.writeNumberField("retries", kind.getValue().retries());
        json.writeNumberField("wholeAfterMillisP50", rounded(kind.getValue().wholeAfter().p50()));
        json.writeEndObject();
      }
      json.writeEndObject();
      json.writeArrayFieldStart("problems");
      for (String problem : report.problems()) {
        json.writeString(problem);
      }
      json.writeEndArray();
    });
  }

  private Map<FaultKind, OfKind> byKind() {
    return new TreeMap<>(report.byKind());
  }

  static void times(JsonGenerator json, String name, Times times) throws IOException {
    json.writeNumberField(name + "MillisP50", rounded(times.p50()));
    json.writeNumberField(name + "MillisP95", rounded(times.p95()));
    json.writeNumberField(name + "MillisMax", rounded(times.most()));
  }

  static double rounded(double millis) {
    return Math.round(millis * 10) / 10.0;
  }

  private void degraded(JsonGenerator json) throws IOException {
    ChaosReport.Degraded degraded = report.degraded();
    json.writeNumberField("degradedRequests", degraded.requests());
    json.writeNumberField("degradedTokens", degraded.tokens());
    json.writeNumberField("flaggedTokens", degraded.flagged());
    json.writeNumberField("countedDegradedTokens", degraded.counted());
  }

  String text() {
    StringBuilder text = new StringBuilder();
    line(text, "%-22s %5s %7s  %s", "fault", "times", "retries", "longest gap, ms: p50, p95, most");
    byKind()
        .forEach((kind, of) ->
            line(
                text,
                "%-22s %5d %7d  %s",
                kind.word(),
                of.count(),
                of.retries(),
                millis(of.stalls())));
    line(
        text,
        "%-22s %5d %7d  %s",
        "all",
        report.faults(),
        report.requests().retries(),
        millis(report.stalls()));
    line(text, "%-22s %14s %s", "without a fault", "", millis(report.usual()));
    ChaosReport.Requests requests = report.requests();
    line(
        text,
        "%d requests of %d tokens: %d failed, %d tokens wrong",
        requests.asked(),
        requests.tokens(),
        requests.failed(),
        requests.wrongTokens());
    ChaosReport.Degraded degraded = report.degraded();
    if (degraded.requests() > 0) {
      line(
          text,
          "%d requests did without experts, in %d tokens (%d of them generated and flagged; the routers counted %d)",
          degraded.requests(),
          degraded.tokens(),
          degraded.flagged(),
          degraded.counted());
    }
    report.problems().forEach(problem -> line(text, "%s", problem));
    return text.toString().stripTrailing();
  }

  static String millis(Times times) {
    return String.format(Locale.ROOT, "%.0f, %.0f, %.0f", times.p50(), times.p95(), times.most());
  }

  static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
