package dev.switchboard.k8s;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the chart may say in kinds that operators add. Fields of their definitions that the chart
 * does not use are left out: using one begins with adding it here, after a look into the
 * definition.
 */
final class CustomKinds {
  private CustomKinds() {}

  record Metadata(String name, @Nullable String namespace, Map<String, String> labels) {}

  /** Of the Prometheus operator: which Services are read. */
  record ServiceMonitor(String apiVersion, String kind, Metadata metadata, Spec spec) {
    record Spec(
        Selector selector,
        Namespaces namespaceSelector,
        List<String> targetLabels,
        List<Endpoint> endpoints) {}

    record Selector(Map<String, String> matchLabels) {}

    record Namespaces(List<String> matchNames) {}

    record Endpoint(String port, String path, String interval) {}
  }

  /** Of the Prometheus operator: when somebody is told. */
  record PrometheusRule(String apiVersion, String kind, Metadata metadata, Spec spec) {
    record Spec(List<Group> groups) {}

    record Group(String name, List<Rule> rules) {}

    record Rule(
        String alert,
        String expr,
        @com.fasterxml.jackson.annotation.JsonProperty("for") String lasting,
        Map<String, String> labels,
        Map<String, String> annotations) {}
  }

  /** Of KEDA: what is scaled, and by what. */
  record ScaledObject(String apiVersion, String kind, Metadata metadata, Spec spec) {
    record Spec(
        Target scaleTargetRef,
        int minReplicaCount,
        int maxReplicaCount,
        int cooldownPeriod,
        Advanced advanced,
        List<Trigger> triggers) {}

    record Target(String apiVersion, String kind, String name) {}

    record Advanced(AutoscalerConfig horizontalPodAutoscalerConfig) {}

    record AutoscalerConfig(Behavior behavior) {}

    record Behavior(Scaling scaleDown) {}

    record Scaling(int stabilizationWindowSeconds, List<Policy> policies) {}

    record Policy(String type, int value, int periodSeconds) {}

    record Trigger(String type, String metricType, Map<String, String> metadata) {}
  }
}
