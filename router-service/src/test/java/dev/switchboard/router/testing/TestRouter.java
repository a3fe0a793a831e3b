package dev.switchboard.router.testing;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.metrics.MetricsServer;
import dev.switchboard.cluster.settings.RouterProcessSettings;
import dev.switchboard.cluster.settings.SettingsLoader;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.proto.v1.StatusRequest;
import dev.switchboard.router.Router;
import dev.switchboard.router.SoloGrid;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A router within a test, on loopback, and a client of it. */
public final class TestRouter implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Small, so that a reader who stops is felt soon. */
  private static final int CLIENT_WINDOW_BYTES = 64 << 10;

  private final Router router;
  private final ManagedChannel channel;

  private TestRouter(Model model, Grid grid, Map<String, String> flags) {
    this("router-test", model, grid, flags);
  }

  private TestRouter(String id, Model model, Grid grid, Map<String, String> flags) {
    RouterProcessSettings settings = SettingsLoader.of(Optional.empty(), Map.of(), flags).router();
    try {
      this.router =
          Router.start(
              new Router.Parts(id, settings, model, grid),
              MetricsServer.start(settings.router().metrics()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.channel =
        NettyChannelBuilder.forTarget(router.address())
            .usePlaintext()
            .flowControlWindow(CLIENT_WINDOW_BYTES)
            .build();
  }

  /** Runs the experts itself; settings are pairs of key path and value. */
  public static TestRouter local(Model model, String... settings) {
    Map<String, String> flags = flags(settings);
    flags.put("router.localExperts", "true");
    return new TestRouter(model, new SoloGrid(), flags);
  }

  /** Runs the experts itself, in a grid with other routers. */
  public static TestRouter named(String id, Model model, FakeGrid grid, String... settings) {
    Map<String, String> flags = flags(settings);
    flags.put("router.localExperts", "true");
    return new TestRouter(id, model, grid, flags);
  }

  /** Runs the experts itself, in a grid with others. */
  public static TestRouter local(Model model, FakeGrid grid, String... settings) {
    Map<String, String> flags = flags(settings);
    flags.put("router.localExperts", "true");
    return new TestRouter(model, grid, flags);
  }

  /**
   * Runs the experts on the nodes, which are there already; returns once each can be sent to. It is
   * ready with the first that has all experts, but tests let that one die.
   */
  public static TestRouter remote(
      Model model, FakeGrid grid, List<FakeNode> nodes, String... settings) {
    nodes.forEach(node -> grid.announce(node.info()));
    Map<String, String> flags = flags(settings);
    // A busy machine is no failure.
    flags.putIfAbsent("router.expertDeadline", "30s");
    TestRouter router = new TestRouter(model, grid, flags);
    router.router.ready().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() ->
            nodes.stream()
                .filter(FakeNode::fits)
                .allMatch(node -> router.router.nodeProblem(node.id()).isEmpty()));
    return router;
  }

  /** Settings of pairs of key path and value. */
  public static Map<String, String> flags(String... pairs) {
    Map<String, String> flags = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      flags.put(pairs[i], pairs[i + 1]);
    }
    return flags;
  }

  public Router router() {
    return router;
  }

  public ManagedChannel channel() {
    return channel;
  }

  public InferenceGrpc.InferenceBlockingStub inference() {
    return InferenceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  public InferenceGrpc.InferenceStub async() {
    return InferenceGrpc.newStub(channel)
        .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  public ClusterStatus status() {
    return ClusterGrpc.newBlockingStub(channel)
        .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .status(StatusRequest.getDefaultInstance());
  }

  /** A whole answer. */
  public record Answer(
      Started started, List<PromptLogits> promptLogits, List<GeneratedToken> tokens, Done done) {
    public String text() {
      StringBuilder text = new StringBuilder();
      tokens.forEach(token -> text.append(token.getText()));
      return text.append(done.getText()).toString();
    }

    public List<Integer> ids() {
      return tokens.stream().map(GeneratedToken::getId).toList();
    }
  }

  public Answer generate(GenerateRequest request) {
    Iterator<GenerateEvent> events = inference().generate(request);
    Started started = events.next().getStarted();
    List<PromptLogits> logits = new ArrayList<>();
    List<GeneratedToken> tokens = new ArrayList<>();
    while (true) {
      GenerateEvent event = events.next();
      if (event.hasDone()) {
        return new Answer(started, logits, tokens, event.getDone());
      } else if (event.hasPromptLogits()) {
        logits.add(event.getPromptLogits());
      } else {
        tokens.add(event.getToken());
      }
    }
  }

  /** Greedy, with the digest of its logits, never ending before its length. */
  public static GenerateRequest.Builder request(String text, int maxTokens) {
    return GenerateRequest.newBuilder()
        .setText(text)
        .setMaxTokens(maxTokens)
        .setIgnoreEos(true)
        .setLogitsDigest(true);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    router.close();
  }
}
