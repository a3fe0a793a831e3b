package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.GatesAction;
import dev.switchboard.proto.v1.GatesChange;
import dev.switchboard.proto.v1.GatesComparison;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.GatesLayer;
import dev.switchboard.proto.v1.GatesVersion;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** What a router says of its gates, as JSON and as tables. */
record GateReport(GatesDescription gates) {
  /** Which versions there are, and what each is for. */
  String versions() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%-16s  %-10s  %-16s  %10s  %s%n",
            "version",
            "is",
            "parent",
            "bytes",
            "made"));
    for (GatesVersion version : gates.getVersionsList()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-16s  %-10s  %-16s  %,10d  %s%n",
              version.getVersion(),
              role(version.getVersion()),
              version.getParent(),
              version.getBytes(),
              version.getProblem().isEmpty() ? version.getMade() : "! " + version.getProblem()));
    }
    return text.toString();
  }

  /** One line. */
  String state() {
    String tried =
        gates.getCandidate().isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                ", %s %s",
                gates.getCandidate(),
                gates.getCandidateAction() == GatesAction.GATES_ACTION_SHADOW
                    ? "asked beside it"
                    : String.format(
                        Locale.ROOT,
                        "for %.1f %% of the requests",
                        100 * gates.getCandidateShare()));
    return String.format(
        Locale.ROOT,
        "gates %s active%s (revision %d)",
        gates.getActive(),
        tried,
        gates.getRevision());
  }

  private String role(String version) {
    if (version.equals(gates.getActive())) {
      return "active";
    }
    if (version.equals(gates.getCandidate())) {
      return word(gates.getCandidateAction());
    }
    return version.equals(gates.getPrevious()) ? "previous" : "";
  }

  private static String word(GatesAction action) {
    return Json.enumWord("GATES_ACTION_", action);
  }

  String history() {
    StringBuilder text = new StringBuilder();
    for (GatesChange change : gates.getHistoryList()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s  %-8s  %-16s  by %s%s%n",
              Instant.ofEpochMilli(change.getAtMillis()),
              word(change.getAction()),
              change.getVersion(),
              change.getWho().isEmpty() ? "somebody" : change.getWho(),
              change.getWhy().isEmpty() ? "" : ": " + change.getWhy()));
    }
    return text.isEmpty() ? "nothing was changed\n" : text.toString();
  }

  String comparisons() {
    StringBuilder text = new StringBuilder();
    for (GatesComparison found : gates.getComparisonsList()) {
      text.append(head(found)).append(layers(found));
    }
    return text.isEmpty()
        ? "nothing was compared; try a version with: ./switchboard gate shadow VERSION\n"
        : text.toString();
  }

  private static String head(GatesComparison found) {
    String losses =
        found.getTexts() == 0
            ? "  loss: no text was read with both\n"
            : String.format(
                Locale.ROOT,
                "  loss %.4f nats a token, %+.2f %% beside the %.4f under %s (%d texts, %,d tokens,"
                    + " error of the difference %.4f)%n",
                found.getLoss(),
                found.getOtherLoss() == 0 ? 0 : 100 * (found.getLoss() / found.getOtherLoss() - 1),
                found.getOtherLoss(),
                found.getOther(),
                found.getTexts(),
                found.getTextTokens(),
                found.getLossError());
    return String.format(
            Locale.ROOT,
            "%s routed, %s was asked as well: %,d tokens, %.2f %% with another choice in some"
                + " layer%n  most used expert %.1f %% of the calls, under %s %.1f %%%n",
            found.getVersion(),
            found.getOther(),
            found.getTokens(),
            percent(found.getDifferingTokens(), found.getTokens()),
            100 * found.getMostUsedShare(),
            found.getOther(),
            100 * found.getOtherMostUsedShare())
        + losses;
  }

  private static String layers(GatesComparison found) {
    StringBuilder text = new StringBuilder();
    for (GatesLayer layer : found.getLayersList()) {
      text.append(
          String.format(
              Locale.ROOT,
              "  layer %2d: %6.2f %% differ; calls by expert %s, %s of %s%n",
              layer.getLayer(),
              percent(layer.getDifferingTokens(), found.getTokens()),
              shares(layer.getCallsList()),
              shares(layer.getOtherCallsList()),
              found.getOther()));
    }
    return text.toString();
  }

  private static String shares(List<Long> calls) {
    long all = calls.stream().mapToLong(Long::longValue).sum();
    StringBuilder text = new StringBuilder("[");
    for (long count : calls) {
      text.append(text.length() > 1 ? " " : "")
          .append(String.format(Locale.ROOT, "%.0f", percent(count, all)));
    }
    return text.append("] %").toString();
  }

  private static double percent(long part, long all) {
    return all == 0 ? 0 : 100.0 * part / all;
  }

  void write(JsonGenerator json) throws IOException {
    json.writeStringField("router", gates.getRouterId());
    json.writeNumberField("revision", gates.getRevision());
    json.writeStringField("active", gates.getActive());
    json.writeStringField("previous", gates.getPrevious());
    if (!gates.getCandidate().isEmpty()) {
      json.writeObjectFieldStart("candidate");
      json.writeStringField("version", gates.getCandidate());
      json.writeStringField("mode", word(gates.getCandidateAction()));
      json.writeNumberField("share", gates.getCandidateShare());
      json.writeEndObject();
    }
    json.writeArrayFieldStart("versions");
    for (GatesVersion version : gates.getVersionsList()) {
      write(json, version);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("history");
    for (GatesChange change : gates.getHistoryList()) {
      json.writeStartObject();
      json.writeStringField("action", word(change.getAction()));
      json.writeStringField("version", change.getVersion());
      json.writeStringField("from", change.getFrom());
      json.writeStringField("who", change.getWho());
      json.writeStringField("time", Instant.ofEpochMilli(change.getAtMillis()).toString());
      json.writeStringField("why", change.getWhy());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("comparisons");
    for (GatesComparison found : gates.getComparisonsList()) {
      write(json, found);
    }
    json.writeEndArray();
  }

  static void write(JsonGenerator json, GatesVersion version) throws IOException {
    json.writeStartObject();
    writeFields(json, version);
    json.writeEndObject();
  }

  static void writeFields(JsonGenerator json, GatesVersion version) throws IOException {
    json.writeStringField("version", version.getVersion());
    json.writeStringField("parent", version.getParent());
    json.writeNumberField("experts", version.getExperts());
    json.writeStringField("modelFingerprint", version.getModelFingerprint());
    json.writeStringField("dataFingerprint", version.getDataFingerprint());
    json.writeStringField("made", version.getMade());
    json.writeStringField("time", version.getTime());
    json.writeNumberField("bytes", version.getBytes());
    if (!version.getMetrics().isEmpty()) {
      json.writeFieldName("metrics");
      json.writeRawValue(version.getMetrics());
    }
    json.writeStringField("problem", version.getProblem());
  }

  private static void write(JsonGenerator json, GatesComparison found) throws IOException {
    json.writeStartObject();
    json.writeStringField("version", found.getVersion());
    json.writeStringField("other", found.getOther());
    json.writeNumberField("tokens", found.getTokens());
    json.writeNumberField("differingTokens", found.getDifferingTokens());
    json.writeNumberField("mostUsedShare", found.getMostUsedShare());
    json.writeNumberField("otherMostUsedShare", found.getOtherMostUsedShare());
    json.writeNumberField("texts", found.getTexts());
    json.writeNumberField("textTokens", found.getTextTokens());
    json.writeNumberField("loss", found.getLoss());
    json.writeNumberField("otherLoss", found.getOtherLoss());
    json.writeNumberField("lossError", found.getLossError());
    json.writeArrayFieldStart("layers");
    for (GatesLayer layer : found.getLayersList()) {
      json.writeStartObject();
      json.writeNumberField("layer", layer.getLayer());
      json.writeNumberField("differingTokens", layer.getDifferingTokens());
      calls(json, "calls", layer.getCallsList());
      calls(json, "otherCalls", layer.getOtherCallsList());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void calls(JsonGenerator json, String name, List<Long> calls) throws IOException {
    json.writeArrayFieldStart(name);
    for (long count : calls) {
      json.writeNumber(count);
    }
    json.writeEndArray();
  }
}
