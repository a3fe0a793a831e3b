package dev.switchboard.client;

import com.google.common.util.concurrent.ListenableFuture;
import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ChangeGatesRequest;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.DescribeGatesRequest;
import dev.switchboard.proto.v1.DescribeModelRequest;
import dev.switchboard.proto.v1.DetokenizeRequest;
import dev.switchboard.proto.v1.ExpertList;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.proto.v1.ExpertsGrpc;
import dev.switchboard.proto.v1.ForgetSessionRequest;
import dev.switchboard.proto.v1.ForkSessionReply;
import dev.switchboard.proto.v1.ForkSessionRequest;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.GatesPart;
import dev.switchboard.proto.v1.GatesVersion;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.ListExpertsRequest;
import dev.switchboard.proto.v1.MarkNodeRequest;
import dev.switchboard.proto.v1.ModelDescription;
import dev.switchboard.proto.v1.PlacementReport;
import dev.switchboard.proto.v1.ReadPlacementRequest;
import dev.switchboard.proto.v1.RebalanceRequest;
import dev.switchboard.proto.v1.RemoveExpertReply;
import dev.switchboard.proto.v1.RemoveExpertRequest;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.RunExpertsReply;
import dev.switchboard.proto.v1.RunExpertsRequest;
import dev.switchboard.proto.v1.SetExpertRequest;
import dev.switchboard.proto.v1.StatusRequest;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.proto.v1.TokenizeReply;
import dev.switchboard.proto.v1.TokenizeRequest;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One connection to one router, safe for many threads. Calls wait for the answer, for {@code
 * timeout} at the most, and throw {@link io.grpc.StatusRuntimeException} with the router's status.
 */
public final class SwitchboardClient implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 64 << 20;
  private static final long CLOSE_MILLIS = 500;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ManagedChannel channel;

  private SwitchboardClient(ManagedChannel channel) {
    this.channel = channel;
  }

  /** A client of the router at {@code address}, in plain text. Connects with the first call. */
  public static SwitchboardClient connect(HostPort address) {
    return connect(address, Optional.empty());
  }

  /**
   * The same with a key, which goes with every call as {@code authorization: Bearer KEY}: sessions
   * that are begun with it belong to it.
   */
  public static SwitchboardClient connect(HostPort address, Optional<String> key) {
    NettyChannelBuilder channel =
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .usePlaintext()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES);
    key.ifPresent(secret -> {
      Metadata headers = new Metadata();
      headers.put(AUTHORIZATION, "Bearer " + secret);
      channel.intercept(MetadataUtils.newAttachHeadersInterceptor(headers));
    });
    return over(channel.build());
  }

  /**
   * A client over a channel of the caller's making (TLS, credentials, tests); {@link #close} ends
   * the channel too.
   */
  public static SwitchboardClient over(ManagedChannel channel) {
    return new SwitchboardClient(channel);
  }

  /** Starts a generation; its events come as the router makes them. */
  public Generation generate(GenerateRequest request, Duration timeout) {
    return new Generation(() -> inference(timeout).generate(request));
  }

  /**
   * Starts a generation whose prompt, or state to go on from, comes in pieces: begin, the pieces,
   * end. They are taken as the connection has room for them.
   */
  public Generation generateFrom(Iterator<GenerateInput> inputs, Duration timeout) {
    return new Generation(() ->
        PromptUpload.start(
            InferenceGrpc.newStub(channel)
                .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS),
            inputs));
  }

  /** Removes what is kept of a session. Returns whether there was anything. */
  public boolean forgetSession(String session, Duration timeout) {
    return inference(timeout)
        .forgetSession(ForgetSessionRequest.newBuilder().setSessionId(session).build())
        .getFound();
  }

  /** Makes a second session that goes on from where the first one is. */
  public ForkSessionReply forkSession(String session, String second, Duration timeout) {
    return inference(timeout)
        .forkSession(
            ForkSessionRequest.newBuilder().setSessionId(session).setNewSessionId(second).build());
  }

  /** Which experts a text wakes. */
  public RouteReply route(RouteRequest request, Duration timeout) {
    return inference(timeout).route(request);
  }

  /** As {@link #route} without waiting; the caller bounds how many are under way. */
  public ListenableFuture<RouteReply> routeAsync(RouteRequest request, Duration timeout) {
    return InferenceGrpc.newFutureStub(channel)
        .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
        .route(request);
  }

  /** The tokens of a text, as the served model splits it. */
  public TokenizeReply tokenize(String text, Duration timeout) {
    return inference(timeout).tokenize(TokenizeRequest.newBuilder().setText(text).build());
  }

  /** The text of tokens. */
  public String detokenize(List<Integer> ids, Duration timeout) {
    return inference(timeout)
        .detokenize(DetokenizeRequest.newBuilder().addAllIds(ids).build())
        .getText();
  }

  /** What the router serves. */
  public ModelDescription describeModel(Duration timeout) {
    return inference(timeout).describeModel(DescribeModelRequest.getDefaultInstance());
  }

  /** Who is there, which node holds what, what has been done. */
  public ClusterStatus status(Duration timeout) {
    return cluster(timeout).status(StatusRequest.getDefaultInstance());
  }

  /** The experts that requests may wake, and those that they may not. */
  public ExpertList experts(Duration timeout) {
    return cluster(timeout).listExperts(ListExpertsRequest.getDefaultInstance());
  }

  /**
   * Disables an expert for all requests, or enables it again.
   *
   * @param expert name or index
   */
  public ExpertList setExpert(String expert, boolean disabled, Duration timeout) {
    return cluster(timeout)
        .setExpert(SetExpertRequest.newBuilder().setExpert(expert).setDisabled(disabled).build());
  }

  /**
   * Puts one more expert into the cluster: the parts of its files, in their order. It is placed
   * then; whether it can be called, its entry says.
   */
  public AddExpertReply addExpert(Iterator<ExpertPart> parts, Duration timeout) {
    ClusterGrpc.ClusterStub stub =
        ClusterGrpc.newStub(channel).withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    return Upload.send(stub::addExpert, parts);
  }

  /**
   * Takes an expert that was added out again, as far as it can be done now; to be called again
   * until the reply waits for nothing.
   *
   * @param expert name or index
   * @param who asks, for the history of the gates
   */
  public RemoveExpertReply removeExpert(String expert, String who, Duration timeout) {
    return cluster(timeout)
        .removeExpert(RemoveExpertRequest.newBuilder().setExpert(expert).setWho(who).build());
  }

  /** Says how a node is to be used; {@code UNSPECIFIED}: like others. */
  public PlacementReport markNode(MarkNodeRequest request, Duration timeout) {
    return cluster(timeout).markNode(request);
  }

  /** Asks for the load to be evened now; returns before it is. */
  public PlacementReport rebalance(Duration timeout) {
    return cluster(timeout).rebalance(RebalanceRequest.getDefaultInstance());
  }

  /** Marks of nodes, and what was decided about the placement. */
  public PlacementReport placement(Duration timeout) {
    return cluster(timeout).readPlacement(ReadPlacementRequest.getDefaultInstance());
  }

  private ClusterGrpc.ClusterBlockingStub cluster(Duration timeout) {
    return ClusterGrpc.newBlockingStub(channel)
        .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** What given experts make of given rows, wherever they run. */
  public RunExpertsReply runExperts(RunExpertsRequest request, Duration timeout) {
    return ExpertsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
        .runExperts(request);
  }

  /** The versions of the gates, which is active, what is tried and what was compared. */
  public GatesDescription gates(Duration timeout) {
    return gatesStub(timeout).describeGates(DescribeGatesRequest.getDefaultInstance());
  }

  /** Changes what the requests of all routers are routed by. */
  public GatesDescription changeGates(ChangeGatesRequest request, Duration timeout) {
    return gatesStub(timeout).changeGates(request);
  }

  /** Puts gates into the router's folder: the parts of the manifest, then those of the weights. */
  public GatesVersion addGates(Iterator<GatesPart> parts, Duration timeout) {
    GatesGrpc.GatesStub stub =
        GatesGrpc.newStub(channel).withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    return Upload.send(stub::addGates, parts);
  }

  private GatesGrpc.GatesBlockingStub gatesStub(Duration timeout) {
    return GatesGrpc.newBlockingStub(channel)
        .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Ids as a request carries them. */
  public static TokenIds ids(List<Integer> ids) {
    return TokenIds.newBuilder().addAllIds(ids).build();
  }

  private InferenceGrpc.InferenceBlockingStub inference(Duration timeout) {
    return InferenceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Cancels what is under way and closes the connection. */
  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
