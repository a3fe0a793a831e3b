package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RoutedToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Each token's experts and weights as lines of JSON: {@code {"sequence", "position", "token",
 * "text", "layers": [{"layer", "experts", "weights"}]}}. Every line has every field, so that a
 * reader needs no schema.
 */
final class RouteTrace implements AutoCloseable {
  private final PartFile file;
  private long sequence;

  /**
   * @throws CommandException if the file cannot be made there
   */
  RouteTrace(Path path) {
    this.file = new PartFile(path);
  }

  /** The next sequence's tokens. */
  void add(RouteReply reply) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < reply.getRoutedCount(); i++) {
      int position = i;
      lines.append(Json.object(json -> write(json, reply.getRouted(position), position)));
      lines.append('\n');
    }
    file.write(lines.toString().getBytes(StandardCharsets.UTF_8));
    sequence++;
  }

  private void write(JsonGenerator json, RoutedToken token, int position) throws IOException {
    json.writeNumberField("sequence", sequence);
    json.writeNumberField("position", position);
    json.writeNumberField("token", token.getId());
    json.writeStringField("text", token.getText());
    json.writeArrayFieldStart("layers");
    for (LayerChoice choice : token.getExpertsList()) {
      json.writeStartObject();
      json.writeNumberField("layer", choice.getLayer());
      json.writeArrayFieldStart("experts");
      for (int expert : choice.getExpertsList()) {
        json.writeNumber(expert);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("weights");
      for (float weight : choice.getWeightsList()) {
        json.writeNumber(weight);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** All sequences are there. */
  void finish() {
    file.finish();
  }

  @Override
  public void close() {
    file.close();
  }
}
