package dev.switchboard.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What a Deployment or StatefulSet says of its pods' one container. */
record PodSpec(JsonNode pod, JsonNode container) {
  /** The machine that every pod runs on. */
  static final String MACHINE = "machine-7";

  /** A probe over HTTP, with its times. */
  record Probe(String path, int port, Duration period, Duration timeout, int failures) {}

  static PodSpec of(JsonNode workload) {
    JsonNode pod = workload.at("/spec/template/spec");
    return new PodSpec(pod, pod.path("containers").get(0));
  }

  Map<String, Integer> ports() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    container
        .path("ports")
        .forEach(port -> ports.put(port.path("name").asText(), port.path("containerPort").asInt()));
    return ports;
  }

  /** {@code startupProbe}, {@code readinessProbe} or {@code livenessProbe}. */
  Probe probe(String name) {
    JsonNode probe = container.path(name);
    return new Probe(
        probe.at("/httpGet/path").asText(),
        ports().get(probe.at("/httpGet/port").asText()),
        Duration.ofSeconds(probe.path("periodSeconds").asInt(10)),
        Duration.ofSeconds(probe.path("timeoutSeconds").asInt(1)),
        probe.path("failureThreshold").asInt(3));
  }

  Duration grace() {
    return Duration.ofSeconds(pod.path("terminationGracePeriodSeconds").asLong(30));
  }

  Duration preStop() {
    return Duration.ofSeconds(container.at("/lifecycle/preStop/sleep/seconds").asLong(0));
  }

  List<String> arguments() {
    return stream(container.path("args")).map(JsonNode::asText).toList();
  }

  /** As the kubelet makes it for a pod of this address. */
  Map<String, String> environment(String podIp) {
    Map<String, String> environment = new LinkedHashMap<>();
    for (JsonNode variable : container.path("env")) {
      String value = variable.path("value").asText();
      String field = variable.at("/valueFrom/fieldRef/fieldPath").asText();
      if (field.equals("status.podIP")) {
        value = podIp;
      } else if (field.equals("spec.nodeName")) {
        value = MACHINE;
      } else if (variable
          .at("/valueFrom/resourceFieldRef/resource")
          .asText()
          .equals("requests.cpu")) {
        value = Long.toString(cpu(container.at("/resources/requests/cpu").asText("0")));
      }
      for (Map.Entry<String, String> earlier : environment.entrySet()) {
        value = value.replace("$(" + earlier.getKey() + ")", earlier.getValue());
      }
      environment.put(variable.path("name").asText(), value);
    }
    return environment;
  }

  /** Where volumes are mounted, by the volume's name. */
  Map<String, String> mounts() {
    Map<String, String> mounts = new LinkedHashMap<>();
    container
        .path("volumeMounts")
        .forEach(
            mount -> mounts.put(mount.path("name").asText(), mount.path("mountPath").asText()));
    return mounts;
  }

  /** Whole processors, rounded up. */
  private static long cpu(String quantity) {
    return quantity.endsWith("m")
        ? (Long.parseLong(quantity.substring(0, quantity.length() - 1)) + 999) / 1000
        : (long) Math.ceil(Double.parseDouble(quantity));
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
