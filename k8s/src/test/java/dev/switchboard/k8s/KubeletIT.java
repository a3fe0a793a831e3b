package dev.switchboard.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.StatusRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the chart promises and what the processes do, under a script that plays the kubelet. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class KubeletIT {
  private static final Duration START = Duration.ofSeconds(90);
  private static final String NETWORK = "127.77.%d.%d";
  private static final String VALUES =
      """
      router:
        replicas: 2
        drainSeconds: 30
        preStopSeconds: 2
        heap: 512m
        resources: {requests: {cpu: "1", memory: 1Gi}}
        settings: {expertDeadline: 10s}
      node:
        replicas: 2
        resources: {requests: {cpu: "1", memory: 1Gi}}
      metrics: {rules: {enabled: true}, dashboard: {enabled: true}}
      autoscaling: {enabled: true, minReplicas: 2, maxReplicas: 4}
      """;

  private final List<Pod> pods = new ArrayList<>();
  private final int network = (int) (ProcessHandle.current().pid() % 250) + 1;
  private String rendered;
  private List<JsonNode> manifests;
  private ClusterNames names;

  @BeforeEach
  void render(@TempDir Path folder) throws IOException {
    rendered = Chart.render(Files.writeString(folder.resolve("values.yaml"), VALUES));
    manifests = Chart.manifests(rendered);
    Path pods = Files.createDirectories(Path.of("target", "pods").toAbsolutePath());
    names = new ClusterNames(pods.resolve("hosts"));
  }

  @AfterEach
  void stop() {
    pods.forEach(Pod::close);
  }

  @Test
  void processesDoWhatTheChartPromises() throws Exception {
    List<Pod> nodes = List.of(node(0), node(1));
    await("nodes are started", () -> nodes.stream().allMatch(Pod::started));
    // Alone, without any peer: alive and not ready.
    assertThat(nodes)
        .allSatisfy(node -> {
          assertThat(node.ask("livenessProbe")).isEqualTo(200);
          assertThat(node.ask("readinessProbe")).isEqualTo(503);
        });

    List<Pod> routers = List.of(router(0), router(1));
    await("all pods are ready", () -> pods.stream().allMatch(Pod::ready));
    assertThat(routers)
        .allSatisfy(router -> {
          ClusterStatus status = status(router);
          assertThat(status.getRoutersCount()).as("routers of one cluster").isEqualTo(2);
          assertThat(status.getNodesCount()).isEqualTo(2);
          assertThat(status.getComplete()).isTrue();
        });
    String undisturbed = generate(routers.get(0), 200, count -> {});
    everyMetricThatTheChartAsksForIsTold();

    aNodeThatIsEndedTakesNoAnswerAlong(routers.get(0), nodes.get(0), undisturbed);
    pods.remove(nodes.get(0));
    aRouterThatIsEndedFinishesWhatRuns(routers.get(0), undisturbed);
    pods.remove(routers.get(0));

    assertThat(generate(routers.get(1), 200, count -> {})).isEqualTo(undisturbed);
    assertThat(pods).allSatisfy(pod -> assertThat(pod.complaint()).isEmpty());
  }

  private void everyMetricThatTheChartAsksForIsTold() throws Exception {
    StringBuilder told = new StringBuilder();
    for (Pod pod : pods) {
      told.append(pod.scrape());
    }
    assertThat(DashboardTest.asked(rendered))
        .hasSizeGreaterThan(10)
        .allSatisfy(
            metric -> assertThat(told.toString()).as("metric %s", metric).contains("\n" + metric));
  }

  private void aNodeThatIsEndedTakesNoAnswerAlong(Pod router, Pod node, String undisturbed)
      throws Exception {
    CompletableFuture<Void> under = new CompletableFuture<>();
    CompletableFuture<String> text =
        CompletableFuture.supplyAsync(() ->
            generate(
                router,
                200,
                count -> {
                  if (count == 8) {
                    under.complete(null);
                  }
                }));
    under.get(30, TimeUnit.SECONDS);
    Pod.End end = node.end();

    assertThat(end.killed()).as("killed after its grace; %s", node.log()).isFalse();
    assertThat(end.code()).isIn(0, 143);
    assertThat(end.saidNotReady()).isTrue();
    assertThat(text.get(60, TimeUnit.SECONDS)).isEqualTo(undisturbed);
    assertThat(router.ready()).isTrue();
    System.out.printf("a node left %d ms after SIGTERM%n", end.took().toMillis());
  }

  private void aRouterThatIsEndedFinishesWhatRuns(Pod router, String undisturbed) throws Exception {
    CompletableFuture<Pod.End> ending = new CompletableFuture<>();
    CompletableFuture<Void> under = new CompletableFuture<>();
    CompletableFuture<Status> newcomer = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          under.join();
          names.remove(peers(), router.ip());
          ending.complete(router.end());
        });
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          under.join();
          newcomer.complete(refusal(router));
        });
    String text =
        generate(
            router,
            200,
            count -> {
              if (count == 8) {
                under.complete(null);
              }
            });
    Pod.End end = ending.get(60, TimeUnit.SECONDS);

    assertThat(text).isEqualTo(undisturbed);
    assertThat(newcomer.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(end.saidNotReady()).isTrue();
    assertThat(end.killed()).as("killed after its grace; %s", router.log()).isFalse();
    assertThat(end.code()).isIn(0, 143);
    System.out.printf("a router left %d ms after SIGTERM%n", end.took().toMillis());
  }

  private Pod router(int number) {
    Pod router = pod("router-" + number, "Deployment", "-router", number + 10);
    names.add(peers(), router.ip());
    return router;
  }

  private Pod node(int number) {
    return pod("node-" + number, "StatefulSet", "-node", number + 20);
  }

  private Pod pod(String name, String kind, String suffix, int number) {
    PodSpec spec = PodSpec.of(Chart.manifest(manifests, kind, suffix));
    String settings =
        Chart.manifest(manifests, "ConfigMap", suffix).at("/data/settings.yaml").asText();
    Pod pod = Pod.start(name, spec, NETWORK.formatted(network, number), settings, names);
    pods.add(pod);
    return pod;
  }

  private String peers() {
    return Chart.manifest(manifests, "Service", "-peers").at("/metadata/name").asText()
        + "."
        + Chart.NAMESPACE
        + ".svc";
  }

  private void await(String what, Callable<Boolean> condition) {
    try {
      Awaitility.await(what)
          .atMost(START)
          .pollInterval(Duration.ofMillis(100))
          .failFast("a pod failed", () -> pods.stream().anyMatch(p -> p.complaint().isPresent()))
          .until(condition);
    } catch (RuntimeException e) {
      throw new AssertionError(what + Pod.logs(pods), e);
    }
  }

  private static ManagedChannel channel(Pod router) {
    return NettyChannelBuilder.forAddress(router.ip(), 7070)
        .usePlaintext()
        .directExecutor()
        .build();
  }

  private static ClusterStatus status(Pod router) {
    ManagedChannel channel = channel(router);
    try {
      return ClusterGrpc.newBlockingStub(channel)
          .withDeadlineAfter(10, TimeUnit.SECONDS)
          .status(StatusRequest.getDefaultInstance());
    } finally {
      channel.shutdownNow();
    }
  }

  /** What a request is told that comes when the router says that it is not ready. */
  private static Status refusal(Pod router) {
    while (router.ask("readinessProbe") == 200) {
      Thread.onSpinWait();
    }
    try {
      generate(router, 1, count -> {});
      return Status.OK;
    } catch (AssertionError e) {
      return Status.fromThrowable(e);
    }
  }

  /** The text, greedily; {@code onToken} hears how many tokens have come. */
  private static String generate(Pod router, int tokens, IntConsumer onToken) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText("public static void")
            .setMaxTokens(tokens)
            .setIgnoreEos(true)
            .setLogitsDigest(true)
            .build();
    ManagedChannel channel = channel(router);
    try {
      Iterator<GenerateEvent> events =
          InferenceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .generate(request);
      int count = 0;
      while (events.hasNext()) {
        GenerateEvent event = events.next();
        if (event.hasToken()) {
          onToken.accept(++count);
        } else if (event.hasDone()) {
          return count + " tokens, logits " + event.getDone().getLogitsSha256();
        }
      }
      throw new AssertionError("the stream ended after " + count + " tokens");
    } catch (StatusRuntimeException e) {
      throw new AssertionError(router.name() + ": " + Status.fromThrowable(e), e);
    } finally {
      channel.shutdownNow();
    }
  }
}
