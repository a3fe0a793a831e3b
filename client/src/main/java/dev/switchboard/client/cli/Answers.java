package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.RouterStatus;
import java.io.IOException;

/**
 * The JSON object of {@code demo} and {@code generate}: the answer, the processes, the cluster's
 * status after it.
 */
final class Answers {
  private Answers() {}

  static String json(Session session, Completion answer, boolean logprobs) {
    return json(session, answer, logprobs, json -> {});
  }

  /** With more fields of the caller's at the end. */
  static String json(Session session, Completion answer, boolean logprobs, Json.Fields more) {
    CompletionReport report = new CompletionReport(answer, session.experts(), logprobs);
    ClusterStatus status = session.client().status(session.timeout());
    StatusReport statusReport = new StatusReport(status);
    return Json.object(json -> {
      report.write(json);
      json.writeNumberField("activeExpertFraction", statusReport.activeExpertFraction());
      writeProcesses(json, status);
      report.writeTiming(json, session.startSeconds());
      json.writeObjectFieldStart("status");
      statusReport.write(json);
      json.writeEndObject();
      more.write(json);
    });
  }

  private static void writeProcesses(JsonGenerator json, ClusterStatus status) throws IOException {
    json.writeArrayFieldStart("nodes");
    for (NodeStatus node : status.getNodesList()) {
      json.writeStartObject();
      json.writeStringField("id", node.getId());
      json.writeNumberField("pid", node.getPid());
      json.writeStringField("address", node.getAddress());
      json.writeEndObject();
    }
    json.writeEndArray();
    if (status.getRoutersCount() > 0) {
      RouterStatus router = status.getRouters(0);
      json.writeObjectFieldStart("router");
      json.writeNumberField("pid", router.getPid());
      json.writeStringField("address", router.getAddress());
      json.writeEndObject();
    }
  }
}
