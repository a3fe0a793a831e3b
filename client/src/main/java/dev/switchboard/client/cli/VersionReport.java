package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.VersionStatus;
import java.io.IOException;
import java.util.Locale;

/** One version of model and arithmetic in a cluster, as JSON and as a line. */
record VersionReport(VersionStatus version) {
  private static final int SHORT = 12;

  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("modelFingerprint", version.getModelFingerprint());
    json.writeStringField("arithmetic", version.getArithmetic());
    json.writeBooleanField("servedHere", version.getServedHere());
    json.writeNumberField("routers", version.getRouters());
    json.writeNumberField("nodes", version.getNodes());
    json.writeNumberField("holders", version.getHolders());
    json.writeNumberField("oldestProtocol", version.getOldestProtocol());
    json.writeNumberField("newestProtocol", version.getNewestProtocol());
    json.writeArrayFieldStart("software");
    for (String software : version.getSoftwareList()) {
      json.writeString(software);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  String line() {
    String model = version.getModelFingerprint();
    return String.format(
        Locale.ROOT,
        "  %s model %s, arithmetic %s: %d routers, %d nodes (%d ready), protocol %d to %d, program %s",
        version.getServedHere() ? "*" : " ",
        model.substring(0, Math.min(SHORT, model.length())),
        version.getArithmetic(),
        version.getRouters(),
        version.getNodes(),
        version.getHolders(),
        version.getOldestProtocol(),
        version.getNewestProtocol(),
        String.join(", ", version.getSoftwareList()));
  }
}
