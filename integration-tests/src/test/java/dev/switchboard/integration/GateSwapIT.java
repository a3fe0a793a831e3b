package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.proto.v1.ChangeGatesRequest;
import dev.switchboard.proto.v1.DescribeGatesRequest;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertCalls;
import dev.switchboard.proto.v1.ExpertCounter;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.GatesAction;
import dev.switchboard.proto.v1.GatesChange;
import dev.switchboard.proto.v1.GatesComparison;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.GenerateRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gates are swapped while a cluster of processes answers; some keys may not wake all experts. */
class GateSwapIT {
  private static final int STREAMS = 16;
  private static final int TOKENS = 24;

  /** Too short for the router's probes of loss. */
  private static final int PROMPT = 12;

  private static final String KEY = "a tenant's key";
  private static final Set<Integer> FORBIDDEN = Set.of(0, 3, 5);

  @TempDir private static Path folder;
  private static TestCluster cluster;

  @BeforeAll
  static void start() throws IOException, NoSuchAlgorithmException {
    try (Model model = Model.open(Models.ffn())) {
      write(model, "mirrored", GateSwapIT::mirrored);
      write(model, "bad", (values, width) -> new float[values.length]);
    }
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.UTF_8));
    Path keys = folder.resolve("keys.yaml");
    Files.writeString(
        keys,
        """
        keys:
          - {name: tenant, sha256: %s, without: [0, 3, 5]}
        anonymous: {admin: true}
        """
            .formatted(HexFormat.of().formatHex(digest)));
    Path settings = folder.resolve("router.yaml");
    Files.writeString(
        settings,
        "router: {gates: %s, keys: %s, expertDeadline: 20s}\n"
            .formatted(folder.resolve("gates"), keys));
    cluster =
        TestCluster.start(Shape.of(Models.ffn(), 2).routerOptions("--config", settings.toString()));
    cluster.awaitWhole();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private interface Change {
    /** Of a matrix {@code [experts, width]}. */
    float[] of(float[] values, int width);
  }

  private static void write(Model model, String name, Change change) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(model.ownGates().tensors());
    tensors.replaceAll((tensor, own) -> {
      if (!tensor.endsWith("gate.weight")) {
        return own;
      }
      long[] shape = own.shape().stream().mapToLong(Long::longValue).toArray();
      return GateArtifact.tensor(tensor, shape, change.of(own.toFloats(), (int) shape[1]));
    });
    GateAbout about = GateAbout.of(model.fingerprint(), Models.EXPERTS, "a test");
    new GateArtifact(folder.resolve(name), about, tensors).write(folder.resolve(name));
  }

  /** The first expert's row is the last one's: other experts wake, as evenly as before. */
  private static float[] mirrored(float[] values, int width) {
    float[] mirrored = new float[values.length];
    for (int at = 0; at < values.length; at += width) {
      System.arraycopy(values, at, mirrored, values.length - width - at, width);
    }
    return mirrored;
  }

  private static List<GenerateRequest> requests() {
    return IntStream.range(0, STREAMS).mapToObj(GateSwapIT::request).toList();
  }

  private static GenerateRequest request(int stream) {
    int[] ids =
        IntStream.range(0, PROMPT)
            .map(i -> 2 + Math.floorMod(i * i * 7 + i * 37 + stream * 53 + 11, 256))
            .toArray();
    return Generation.greedy(ids, TOKENS).build();
  }

  private static List<Generation> answers(Channel channel) {
    return requests().stream().map(request -> Generation.run(channel, request)).toList();
  }

  private static GatesGrpc.GatesBlockingStub gates() {
    return GatesGrpc.newBlockingStub(cluster.channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static GatesDescription described() {
    return gates().describeGates(DescribeGatesRequest.getDefaultInstance());
  }

  private static void change(GatesAction action, String version, double share) {
    gates()
        .changeGates(
            ChangeGatesRequest.newBuilder()
                .setAction(action)
                .setVersion(version)
                .setShare(share)
                .setWho("a test")
                .build());
  }

  private static String added(String name) {
    String directory = folder.resolve(name).toString();
    return Commands.json(cluster, "gate", "add", directory).get("version").asText();
  }

  private static void assertOneAnswerEach(
      Streams streams, String version, List<Generation> expected) {
    for (int stream = 0; stream < STREAMS; stream++) {
      assertThat(streams.digests.get(new Streams.Key(stream, version)))
          .as("stream %d under %s", stream, version)
          .containsExactly(expected.get(stream).digest());
    }
  }

  /** A request that two versions had a part in would have a digest of its own. */
  @Test
  void gatesAreSwappedUnderSixteenStreamsAndNoRequestIsDroppedOrMixed() {
    List<Generation> own = answers(cluster.channel());
    String version = added("mirrored");
    List<Generation> mirrored;
    Streams streams = new Streams(cluster, requests());
    try (streams) {
      streams.goOn();
      change(GatesAction.GATES_ACTION_SHADOW, version, 0);
      Eventually.holds(
          "choices are compared", Duration.ofSeconds(30), () -> compared(version) > 500);
      assertCompared(version);
      change(GatesAction.GATES_ACTION_CANARY, version, 0.5);
      Eventually.holds(
          "both versions answer", Duration.ofSeconds(30), () -> !streams.of(version).isEmpty());
      streams.goOn();
      change(GatesAction.GATES_ACTION_PROMOTE, version, 0);
      mirrored = answers(cluster.channel());
      assertThat(mirrored).allMatch(answer -> answer.done().getGateVersion().equals(version));
      streams.goOn();
      change(GatesAction.GATES_ACTION_ROLLBACK, "", 0);
      streams.goOn();
    }
    assertThat(streams.failures).isEmpty();
    assertOneAnswerEach(streams, "own", own);
    assertOneAnswerEach(streams, version, mirrored);
    assertThat(streams.digests).hasSize(2 * STREAMS);
    assertThat(described().getActive()).isEqualTo("own");
  }

  private static Stream<GatesComparison> comparisons(String other) {
    return described().getComparisonsList().stream()
        .filter(found -> found.getVersion().equals("own") && found.getOther().equals(other));
  }

  private static long compared(String other) {
    return comparisons(other).mapToLong(GatesComparison::getTokens).sum();
  }

  private static void assertCompared(String other) {
    GatesComparison shadow = comparisons(other).findFirst().orElseThrow();
    assertThat(shadow.getDifferingTokens()).isPositive();
    assertThat(shadow.getMostUsedShare()).isEqualTo(shadow.getOtherMostUsedShare());
  }

  @Test
  void aBadGateIsTakenBackByItself() {
    String bad = added("bad");
    Streams streams = new Streams(cluster, requests());
    try (streams) {
      streams.goOn();
      change(GatesAction.GATES_ACTION_PROMOTE, bad, 0);
      Eventually.holds(
          "the guard has taken it back",
          Duration.ofSeconds(10),
          () -> described().getActive().equals("own"));
      streams.goOn();
    }
    assertThat(streams.failures).isEmpty();
    GatesChange last = described().getHistory(described().getHistoryCount() - 1);
    assertThat(last.getAction()).isEqualTo(GatesAction.GATES_ACTION_ROLLBACK);
    assertThat(last.getWhy()).contains("the most used expert takes 100.0 %");
  }

  /** Rows that the nodes have computed, over all layers, by expert. */
  private static Map<Integer, Long> rows() {
    Map<Integer, Long> rows = new TreeMap<>();
    for (int node = 0; node < 2; node++) {
      ManagedChannel channel = TestCluster.channelTo(cluster.nodeAddress(node));
      try {
        for (ExpertCounter counter :
            ExpertNodeGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .describe(DescribeRequest.getDefaultInstance())
                .getExpertsList()) {
          rows.merge(counter.getExpert(), counter.getRows(), Long::sum);
        }
      } finally {
        channel.shutdownNow();
      }
    }
    return rows;
  }

  private static boolean wokeForbidden(Generation answer) {
    return answer.done().getCallsList().stream()
        .filter(call -> call.getTokens() > 0)
        .map(ExpertCalls::getExpert)
        .anyMatch(FORBIDDEN::contains);
  }

  @Test
  void whatAKeyMayNotWakeIsNeverCalledForIt() {
    assertThat(answers(cluster.channel())).anyMatch(GateSwapIT::wokeForbidden);
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + KEY);
    Channel tenant =
        ClientInterceptors.intercept(
            cluster.channel(), MetadataUtils.newAttachHeadersInterceptor(headers));
    Map<Integer, Long> before = rows();
    List<Generation> answers = answers(tenant);
    assertThat(answers).noneMatch(GateSwapIT::wokeForbidden);
    Map<Integer, Long> after = rows();
    long computed = 0;
    for (int expert = 0; expert < Models.EXPERTS; expert++) {
      long more = after.getOrDefault(expert, 0L) - before.getOrDefault(expert, 0L);
      if (FORBIDDEN.contains(expert)) {
        assertThat(more).as("rows of expert %d", expert).isZero();
      }
      computed += more;
    }
    assertThat(computed)
        .as("every other token was computed by somebody")
        .isEqualTo((long) STREAMS * Models.LAYERS * (PROMPT + TOKENS - 1));
  }
}
