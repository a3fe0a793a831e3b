package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Optional;

/**
 * What is known of gates besides their numbers.
 *
 * @param model fingerprint of the model that they were made for
 * @param experts that they choose from, of the layer that has most
 * @param parent version of the gates that they began as; {@link GateArtifact#OWN} for the model's
 *     own, or for those that began as nothing
 * @param data fingerprint of what they were made from; empty if nothing names it
 * @param made how, for people: a command, say
 * @param time when; empty if they do not tell
 * @param metrics of the making, as a JSON object
 */
public record GateAbout(
    String model,
    int experts,
    String parent,
    String data,
    String made,
    Optional<Instant> time,
    JsonNode metrics) {

  /** Made of the model's own gate just now; nothing else is known. */
  public static GateAbout of(String model, int experts, String made) {
    ObjectNode none = JsonNodeFactory.instance.objectNode();
    return new GateAbout(
        model, experts, GateArtifact.OWN, "", made, Optional.of(Instant.now()), none);
  }

  /** The same, made of these. */
  public GateAbout from(String parentVersion, String dataFingerprint) {
    return new GateAbout(model, experts, parentVersion, dataFingerprint, made, time, metrics);
  }

  /** The same, with what the making measured. */
  public GateAbout measured(JsonNode found) {
    return new GateAbout(model, experts, parent, data, made, time, found);
  }
}
