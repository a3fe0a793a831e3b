package dev.switchboard.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.LintResult;
import dev.switchboard.cluster.settings.AnnouncedAddress;
import dev.switchboard.cluster.settings.NodeProcessSettings;
import dev.switchboard.cluster.settings.RouterProcessSettings;
import dev.switchboard.cluster.settings.SettingsLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the chart renders, for each set of values. */
class ChartTest {
  @TempDir private Path folder;

  static List<String> sets() {
    return Chart.valueSets();
  }

  @Test
  void helmFindsNothingToSay() {
    LintResult result = Chart.lint();
    assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
    assertThat(Chart.valueSets()).hasSize(4);
  }

  @ParameterizedTest
  @MethodSource("sets")
  void everyManifestIsOfItsType(String set) {
    List<JsonNode> manifests = Chart.manifests(Chart.render(set));
    assertThat(manifests).hasSizeGreaterThan(7);
    assertThat(manifests)
        .allSatisfy(manifest -> assertThat(StrictManifests.parse(manifest)).isNotNull());
  }

  @ParameterizedTest
  @MethodSource("sets")
  void fieldsThatNobodyKnowsAreErrors(String set) {
    for (JsonNode manifest : Chart.manifests(Chart.render(set))) {
      ObjectNode wrong = manifest.deepCopy();
      JsonNode spec = wrong.path("spec");
      (spec.isObject() ? (ObjectNode) spec : wrong).put("noSuchField", 1);
      assertThatThrownBy(() -> StrictManifests.parse(wrong)).hasMessageContaining("noSuchField");
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void theProcessesTakeTheirSettings(String set) throws IOException {
    List<JsonNode> manifests = Chart.manifests(Chart.render(set));
    RouterProcessSettings router = settings(manifests, "Deployment", "-router").router();
    NodeProcessSettings node = settings(manifests, "StatefulSet", "-node").node();

    assertThat(router.router().announce()).contains(new AnnouncedAddress("10.1.2.3", 7070));
    assertThat(node.node().announce()).contains(new AnnouncedAddress("10.1.2.3", 7400));
    assertThat(node.node().domain()).contains(PodSpec.MACHINE);
    assertThat(router.router().threads()).isPositive();
    assertThat(router.grid().host()).isEqualTo("10.1.2.3");
    assertThat(router.grid().namesTellAllRouters()).isTrue();
    assertThat(node.grid().join()).isEqualTo(router.grid().join());
    assertThat(node.grid().clusterName()).isEqualTo(router.grid().clusterName());
    for (String port : node.grid().join()) {
      assertThat(port).isEqualTo("demo-switchboard-peers.ai.svc:" + router.grid().port());
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void portsAreThoseThatTheProcessesListenOn(String set) throws IOException {
    List<JsonNode> manifests = Chart.manifests(Chart.render(set));
    RouterProcessSettings router = settings(manifests, "Deployment", "-router").router();
    NodeProcessSettings node = settings(manifests, "StatefulSet", "-node").node();
    PodSpec routerPod = PodSpec.of(Chart.manifest(manifests, "Deployment", "-router"));
    PodSpec nodePod = PodSpec.of(Chart.manifest(manifests, "StatefulSet", "-node"));

    assertThat(routerPod.ports())
        .isEqualTo(
            Map.of(
                "grpc", router.router().port(),
                "grid", router.grid().port(),
                "metrics", router.router().metrics().orElseThrow().port()));
    assertThat(nodePod.ports())
        .isEqualTo(
            Map.of(
                "grpc", node.node().port(),
                "grid", node.grid().port(),
                "metrics", node.node().metrics().orElseThrow().port()));
  }

  @ParameterizedTest
  @MethodSource("sets")
  void theGraceCoversADrain(String set) throws IOException {
    List<JsonNode> manifests = Chart.manifests(Chart.render(set));
    PodSpec pod = PodSpec.of(Chart.manifest(manifests, "Deployment", "-router"));
    Duration drain = settings(manifests, "Deployment", "-router").router().router().drain();

    assertThat(pod.grace()).isGreaterThanOrEqualTo(pod.preStop().plus(drain).plusSeconds(10));
    PodSpec node = PodSpec.of(Chart.manifest(manifests, "StatefulSet", "-node"));
    Duration handOver = settings(manifests, "StatefulSet", "-node").node().node().drainTimeout();
    assertThat(node.grace()).isGreaterThanOrEqualTo(handOver.plus(node.preStop()).plusSeconds(10));
  }

  @ParameterizedTest
  @MethodSource("sets")
  void podsAreRestrictedAndAskNobodyWhetherTheyLive(String set) {
    List<JsonNode> manifests = Chart.manifests(Chart.render(set));
    for (String[] workload : new String[][] {{"Deployment", "-router"}, {"StatefulSet", "-node"}}) {
      JsonNode pod = Chart.manifest(manifests, workload[0], workload[1]).at("/spec/template/spec");
      assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
      assertThat(pod.at("/securityContext/seccompProfile/type").asText())
          .isEqualTo("RuntimeDefault");
      assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
      assertThat(pod.path("enableServiceLinks").asBoolean(true)).isFalse();
      assertThat(pod.path("containers")).hasSize(1);
      for (String kind : List.of("containers", "initContainers")) {
        for (JsonNode container : pod.path(kind)) {
          JsonNode security = container.path("securityContext");
          assertThat(security.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
          assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
          assertThat(security.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
        }
      }
      JsonNode container = pod.path("containers").get(0);
      assertThat(container.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/healthz");
      assertThat(container.at("/startupProbe/httpGet/path").asText()).isEqualTo("/healthz");
      assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/readyz");
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void servicesAndBudgetsFindTheirPods(String set) {
    List<JsonNode> manifests = Chart.manifests(Chart.render(set));
    JsonNode router = Chart.manifest(manifests, "Deployment", "-router");
    JsonNode node = Chart.manifest(manifests, "StatefulSet", "-node");
    JsonNode peers = Chart.manifest(manifests, "Service", "-peers");
    JsonNode nodes = Chart.manifest(manifests, "Service", "-nodes");

    assertThat(peers.at("/spec/publishNotReadyAddresses").asBoolean()).isTrue();
    assertThat(peers.at("/spec/clusterIP").asText()).isEqualTo("None");
    assertThat(nodes.at("/spec/publishNotReadyAddresses").asBoolean()).isFalse();
    assertThat(node.at("/spec/serviceName").asText())
        .isEqualTo(nodes.at("/metadata/name").asText());
    assertThat(node.at("/spec/podManagementPolicy").asText()).isEqualTo("Parallel");
    assertThat(labels(router)).containsAll(entries(peers.at("/spec/selector")));
    assertThat(labels(node)).containsAll(entries(nodes.at("/spec/selector")));
    for (JsonNode manifest : manifests) {
      if (manifest.path("kind").asText().equals("PodDisruptionBudget")) {
        boolean ofRouter = manifest.at("/metadata/name").asText().endsWith("-router");
        assertThat(labels(ofRouter ? router : node))
            .containsAll(entries(manifest.at("/spec/selector/matchLabels")));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void nothingMayAskTheKubernetesApi(String set) {
    assertThat(Chart.manifests(Chart.render(set)))
        .extracting(manifest -> manifest.path("kind").asText())
        .doesNotContain("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding");
  }

  @Test
  void aLeaseIsAllThatRoutersMayAskFor() throws IOException {
    Path file =
        Files.writeString(folder.resolve("values.yaml"), "router: {lease: {enabled: true}}");
    List<JsonNode> manifests = Chart.manifests(Chart.render(file));
    assertThat(manifests)
        .allSatisfy(manifest -> assertThat(StrictManifests.parse(manifest)).isNotNull());
    String lease = Chart.manifest(manifests, "Lease", "").at("/metadata/name").asText();
    assertThat(settings(manifests, "Deployment", "-router").router().grid().leaseName())
        .contains(lease);
    assertThat(settings(manifests, "StatefulSet", "-node").node().grid().leaseName()).isEmpty();

    JsonNode rules = Chart.manifest(manifests, "Role", "").path("rules");
    assertThat(rules).hasSize(1);
    assertThat(entries(rules.get(0)).size()).isEqualTo(4);
    assertThat(rules.get(0).path("resourceNames")).hasSize(1);
    assertThat(rules.get(0).at("/resourceNames/0").asText()).isEqualTo(lease);
    assertThat(rules.get(0).path("verbs")).extracting(JsonNode::asText).doesNotContain("*");
    JsonNode router = Chart.manifest(manifests, "Deployment", "-router");
    JsonNode node = Chart.manifest(manifests, "StatefulSet", "-node");
    String account = router.at("/spec/template/spec/serviceAccountName").asText();
    assertThat(Chart.manifest(manifests, "RoleBinding", "").at("/subjects/0/name").asText())
        .isEqualTo(account)
        .isNotEqualTo(node.at("/spec/template/spec/serviceAccountName").asText());
    assertThat(router.at("/spec/template/spec/automountServiceAccountToken").asBoolean()).isTrue();
    assertThat(node.at("/spec/template/spec/automountServiceAccountToken").asBoolean(true))
        .isFalse();
  }

  @Test
  void anUpgradeMayStopHalfWay() throws IOException {
    Path file = Files.writeString(folder.resolve("values.yaml"), "node: {partition: 2}\n");
    List<JsonNode> half = Chart.manifests(Chart.render(file));
    JsonNode strategy = Chart.manifest(half, "StatefulSet", "-node").at("/spec/updateStrategy");
    assertThat(strategy.at("/rollingUpdate/partition").asInt()).isEqualTo(2);
    // Nobody is replaced again when the second half follows.
    List<JsonNode> whole = Chart.manifests(Chart.render(Chart.DEFAULTS));
    for (String[] workload : new String[][] {{"Deployment", "-router"}, {"StatefulSet", "-node"}}) {
      assertThat(Chart.manifest(half, workload[0], workload[1]).at("/spec/template"))
          .isEqualTo(Chart.manifest(whole, workload[0], workload[1]).at("/spec/template"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"source: emptyDir", "source: claim, claimName: gates"})
  void whatIsAddedLiesInAVolumeIfOneIsNamed(String values) throws IOException {
    Path file =
        Files.writeString(folder.resolve("values.yaml"), "router: {gates: {" + values + "}}\n");
    List<JsonNode> manifests = Chart.manifests(Chart.render(file));
    assertThat(manifests)
        .allSatisfy(manifest -> assertThat(StrictManifests.parse(manifest)).isNotNull());
    PodSpec pod = PodSpec.of(Chart.manifest(manifests, "Deployment", "-router"));
    assertThat(gates(manifests).orElseThrow()).startsWithRaw(Path.of(pod.mounts().get("gates")));
    assertThat(gates(Chart.manifests(Chart.render(Chart.DEFAULTS)))).isEmpty();
  }

  private Optional<Path> gates(List<JsonNode> manifests) throws IOException {
    return settings(manifests, "Deployment", "-router").router().router().gateSwaps().gates();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "noSuchValue: 1",
        "router: {replicas: -1}",
        "router: {settings: {port: 1}}",
        "router: {heap: much}",
        "model: {source: pvc}",
        "model: {source: init, path: x}",
        "router: {gates: {source: claim}}",
        "router: {settings: {gates: /tmp}}",
        "node: {partition: -1}",
        "grid: {settings: {lease: mine}}",
        "model: {source: pvc, path: ../x, pvc: {claimName: c}}",
        "node: {pinning: {enabled: true}, resources: {requests: {cpu: 1500m, memory: 1Gi}}}",
        "autoscaling: {kind: magic}"
      })
  void valuesThatMakeNoSenseAreRefused(String values) throws IOException {
    Path file = Files.writeString(folder.resolve("values.yaml"), values + "\n");
    assertThatThrownBy(() -> Chart.render(file)).isInstanceOf(IllegalStateException.class);
  }

  private SettingsLoader settings(List<JsonNode> manifests, String kind, String suffix)
      throws IOException {
    PodSpec pod = PodSpec.of(Chart.manifest(manifests, kind, suffix));
    JsonNode map = Chart.manifest(manifests, "ConfigMap", suffix);
    Path file =
        Files.writeString(folder.resolve("settings.yaml"), map.at("/data/settings.yaml").asText());
    return SettingsLoader.of(
        Optional.of(withoutSecrets(file)), pod.environment("10.1.2.3"), Map.of());
  }

  /** The key of sessions is read at once, and it is no part of the chart. */
  private static Path withoutSecrets(Path file) throws IOException {
    Path key = Files.writeString(file.resolveSibling("key"), "0a".repeat(32));
    return Files.writeString(
        file, Files.readString(file).replace("/etc/switchboard-state/key", key.toString()));
  }

  private static List<String> labels(JsonNode workload) {
    return entries(workload.at("/spec/template/metadata/labels"));
  }

  private static List<String> entries(JsonNode map) {
    return map.properties().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue().asText())
        .toList();
  }
}
