package dev.switchboard.k8s;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kubernetes.client.util.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * Reads a manifest as the type that its kind has: a field that the type does not know is an error,
 * as with {@code kubectl apply --validate=strict}.
 */
final class StrictManifests {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final ObjectMapper STRICT =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** Kinds that operators add, by their own types here. */
  private static final Map<String, Class<?>> CUSTOM =
      Map.of(
          "monitoring.coreos.com/v1 ServiceMonitor", CustomKinds.ServiceMonitor.class,
          "monitoring.coreos.com/v1 PrometheusRule", CustomKinds.PrometheusRule.class,
          "keda.sh/v1alpha1 ScaledObject", CustomKinds.ScaledObject.class);

  private StrictManifests() {}

  /**
   * @return the typed object
   * @throws IllegalArgumentException naming what is wrong
   */
  static Object parse(JsonNode manifest) {
    String kind = manifest.path("apiVersion").asText() + " " + manifest.path("kind").asText();
    try {
      Class<?> custom = CUSTOM.get(kind);
      return custom != null
          ? STRICT.treeToValue(manifest, custom)
          : Yaml.load(YAML.writeValueAsString(manifest));
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(kind + ": " + e.getMessage(), e);
    }
  }

  static JsonNode tree(String yaml) {
    try {
      return YAML.readTree(yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
