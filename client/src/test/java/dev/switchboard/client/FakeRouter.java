package dev.switchboard.client;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.DescribeModelRequest;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.ExpertCalls;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.FinishReason;
import dev.switchboard.proto.v1.ForgetSessionReply;
import dev.switchboard.proto.v1.ForgetSessionRequest;
import dev.switchboard.proto.v1.ForkSessionReply;
import dev.switchboard.proto.v1.ForkSessionRequest;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.ModelDescription;
import dev.switchboard.proto.v1.NodeState;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.OnLostExpert;
import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.RoutedToken;
import dev.switchboard.proto.v1.RouterStatus;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.proto.v1.StatePart;
import dev.switchboard.proto.v1.StatusRequest;
import dev.switchboard.proto.v1.TokenLogprob;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;

/**
 * A router without a model: answers are a function of the prompt, two experts ("even", "odd") take
 * the tokens in turn. Can be told to hang, to fail, or to let companions change an answer.
 */
public final class FakeRouter implements AutoCloseable {
  private final Server server;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicReference<String> longestPrompt = new AtomicReference<>("");
  private final CountDownLatch cancelled = new CountDownLatch(1);

  /** What it does with a generation. */
  public enum Manner {
    STEADY,
    HANGS_AFTER_ONE_TOKEN,
    FAILS_AFTER_ONE_TOKEN,
    COMPANIONS_MATTER
  }

  private final Manner manner;
  private final CountDownLatch pair = new CountDownLatch(2);

  public FakeRouter(Manner manner) {
    this.manner = manner;
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
              .addService(new Inference())
              .addService(new Cluster())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public HostPort address() {
    return new HostPort("127.0.0.1", server.getPort());
  }

  /** Whether a client cancelled a generation within 10 s. */
  public boolean sawCancel() throws InterruptedException {
    return cancelled.await(10, TimeUnit.SECONDS);
  }

  /** The longest text that it was asked to continue. */
  public String longestPrompt() {
    return longestPrompt.get();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private static LayerChoice choice(int layer, int expert) {
    return LayerChoice.newBuilder().setLayer(layer).addExperts(expert).build();
  }

  private final class Inference extends InferenceGrpc.InferenceImplBase {
    @Override
    public void generate(GenerateRequest request, StreamObserver<GenerateEvent> out) {
      ((ServerCallStreamObserver<GenerateEvent>) out).setOnCancelHandler(cancelled::countDown);
      answer(request, out);
    }

    /** Says what it was given: the text, or {@code state:} and its bytes. */
    @Override
    public StreamObserver<GenerateInput> generateFrom(StreamObserver<GenerateEvent> out) {
      return new StreamObserver<>() {
        private GenerateRequest.Builder request = GenerateRequest.newBuilder();
        private final StringBuilder text = new StringBuilder();

        @Override
        public void onNext(GenerateInput input) {
          switch (input.getInputCase()) {
            case BEGIN -> request = input.getBegin().toBuilder();
            case TEXT -> text.append(input.getText().getText());
            case STATE -> text.append("state:").append(input.getState().getData().size());
            case END -> answer(request.setText(text.toString()).build(), out);
            default -> throw new IllegalStateException(input.toString());
          }
        }

        @Override
        public void onError(Throwable problem) {}

        @Override
        public void onCompleted() {}
      };
    }

    private void answer(GenerateRequest request, StreamObserver<GenerateEvent> out) {
      longestPrompt.accumulateAndGet(
          request.hasText() ? request.getText() : "", (a, b) -> a.length() < b.length() ? b : a);
      boolean disturbed = manner == Manner.COMPANIONS_MATTER && hasCompanion();
      String prompt = request.hasText() ? request.getText() : request.getTokenIds().toString();
      Started.Builder started = Started.newBuilder().setPromptTokens(prompt.length());
      if (!request.getSessionId().isEmpty()) {
        started.getSessionBuilder().setTurn(Math.max(1, request.getSessionTurn())).setTokens(9);
      }
      out.onNext(event(started));
      if (request.getPromptLogits()) {
        out.onNext(logits(0, 1f, 2f, 3f, 4f));
        out.onNext(logits(4, 5f, -6f));
      }
      for (int i = 0; i < tokens(request); i++) {
        out.onNext(GenerateEvent.newBuilder().setToken(token(request, i)).build());
        if (i == 0 && manner == Manner.HANGS_AFTER_ONE_TOKEN) {
          return;
        }
        if (i == 0 && manner == Manner.FAILS_AFTER_ONE_TOKEN) {
          out.onError(Status.UNAVAILABLE.withDescription("experts gone: odd").asException());
          return;
        }
      }
      if (request.getSaveState()) {
        out.onNext(state(0, "sta", false));
        out.onNext(state(3, "te", true));
      }
      out.onNext(GenerateEvent.newBuilder().setDone(done(request, prompt, disturbed)).build());
      out.onCompleted();
    }

    /** The first two requests wait for each other; whoever comes later is alone. */
    private boolean hasCompanion() {
      if (requests.getAndIncrement() >= 2) {
        return false;
      }
      pair.countDown();
      try {
        return pair.await(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private GenerateEvent state(long offset, String data, boolean last) {
      CRC32C crc = new CRC32C();
      crc.update(data.getBytes(StandardCharsets.UTF_8));
      StatePart.Builder part = StatePart.newBuilder().setOffset(offset).setLast(last);
      part.setData(ByteString.copyFromUtf8(data)).setCrc32C((int) crc.getValue());
      return GenerateEvent.newBuilder().setState(part).build();
    }

    private GenerateEvent event(Started.Builder started) {
      return GenerateEvent.newBuilder().setStarted(started).build();
    }

    private int tokens(GenerateRequest request) {
      return request.hasForceIds() ? request.getForceIds().getIdsCount() : request.getMaxTokens();
    }

    private GenerateEvent logits(int first, float... values) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      return GenerateEvent.newBuilder()
          .setPromptLogits(
              PromptLogits.newBuilder()
                  .setFirst(first)
                  .setVocabulary(3)
                  .setValues(ByteString.copyFrom(bytes)))
          .build();
    }

    private GeneratedToken token(GenerateRequest request, int i) {
      GeneratedToken.Builder token =
          GeneratedToken.newBuilder()
              .setId(request.hasForceIds() ? request.getForceIds().getIds(i) : 100 + i)
              .setText(" é" + i)
              .addExperts(choice(0, i % 2))
              .addExperts(choice(1, i % 2));
      for (int k = 0; k < request.getLogprobs(); k++) {
        token.addTop(TokenLogprob.newBuilder().setId(k).setLogprob(-1 - k).setText("x" + k));
      }
      return token
          .setLogprob(request.getChosenLogprob() ? -0.5f : 0)
          .setDegraded(i == 1 && degrades(request))
          .build();
    }

    /** The second token, if that is allowed. */
    private boolean degrades(GenerateRequest request) {
      return request.getOnLostExpert() == OnLostExpert.ON_LOST_EXPERT_DEGRADE;
    }

    private Done done(GenerateRequest request, String prompt, boolean disturbed) {
      int n = tokens(request);
      Done.Builder done =
          Done.newBuilder()
              .setReason(FinishReason.FINISH_REASON_LENGTH)
              .setPromptTokens(prompt.length())
              .setGeneratedTokens(n)
              .setDegradedTokens(n > 1 && degrades(request) ? 1 : 0)
              .setSeed(request.getSampling().hasSeed() ? request.getSampling().getSeed() : -1)
              .setText("!")
              .setGenerateNanos(1_000_000);
      if (!request.getSessionId().isEmpty()) {
        done.setSessionNote("not kept: " + request.getSessionId());
      }
      if (request.getLogitsDigest()) {
        done.setLogitsSha256((disturbed ? "disturbed " : "sha ") + prompt.length() + "/" + n);
      }
      for (int layer = 0; layer < 2; layer++) {
        done.addCalls(ExpertCalls.newBuilder().setLayer(layer).setExpert(0).setTokens(3));
        done.addCalls(ExpertCalls.newBuilder().setLayer(layer).setExpert(1).setTokens(1));
      }
      return done.build();
    }

    @Override
    public void route(RouteRequest request, StreamObserver<RouteReply> out) {
      if (request.getText().startsWith("fail")) {
        out.onError(Status.INVALID_ARGUMENT.withDescription("will not").asException());
        return;
      }
      int expert = request.getText().length() % 2;
      RouteReply.Builder reply = RouteReply.newBuilder();
      for (int i = 0; request.getPerToken() && i < 2; i++) {
        reply.addRouted(
            RoutedToken.newBuilder()
                .setId(request.hasTokenIds() ? request.getTokenIds().getIds(i) : 40 + i)
                .setText("t" + i)
                .addExperts(
                    choice(1, i).toBuilder()
                        .addWeights(0.75f)
                        .setInput(
                            request.getGateInputs()
                                ? ByteString.copyFrom(new byte[16])
                                : ByteString.EMPTY)));
      }
      out.onNext(
          reply
              .setTokens(request.hasTokenIds() ? 2 : request.getText().length())
              .setExpert(expert)
              .setExpertName(expert == 0 ? "even" : "odd")
              .addCalls(ExpertCalls.newBuilder().setExpert(expert).setTokens(3))
              .addCalls(ExpertCalls.newBuilder().setExpert(1 - expert).setTokens(1))
              .build());
      out.onCompleted();
    }

    @Override
    public void forgetSession(
        ForgetSessionRequest request, StreamObserver<ForgetSessionReply> out) {
      boolean known = !request.getSessionId().startsWith("un");
      out.onNext(ForgetSessionReply.newBuilder().setFound(known).build());
      out.onCompleted();
    }

    @Override
    public void forkSession(ForkSessionRequest request, StreamObserver<ForkSessionReply> out) {
      if (request.getSessionId().equals(request.getNewSessionId())) {
        out.onError(Status.ALREADY_EXISTS.withDescription("is there").asException());
        return;
      }
      out.onNext(ForkSessionReply.newBuilder().setTurn(3).setTokens(40).setStateTokens(39).build());
      out.onCompleted();
    }

    @Override
    public void describeModel(DescribeModelRequest request, StreamObserver<ModelDescription> out) {
      out.onNext(
          ModelDescription.newBuilder()
              .addExpertNames("even")
              .addExpertNames("odd")
              .setTopK(1)
              .setDModel(4)
              .build());
      out.onCompleted();
    }
  }

  private static final class Cluster extends ClusterGrpc.ClusterImplBase {
    @Override
    public void status(StatusRequest request, StreamObserver<ClusterStatus> out) {
      ClusterStatus.Builder status =
          ClusterStatus.newBuilder()
              .setClusterName("fake")
              .setModelName("tiny")
              .setPlacementEpoch(3)
              .setComplete(true)
              .setTokensRouted(4)
              .setTopK(1)
              .setExpertMultiplyAdds(10)
              .setAllExpertsMultiplyAdds(20)
              .addRouters(RouterStatus.newBuilder().setId("r").setPid(7).setAddress("127.0.0.1:1"));
      for (int i = 0; i < 2; i++) {
        status.addNodes(
            NodeStatus.newBuilder()
                .setId("n" + i)
                .setPid(8 + i)
                .setAddress("127.0.0.1:" + (2 + i))
                .setState(NodeState.NODE_STATE_READY)
                .setRows(4L * i));
        status.addExperts(
            ExpertLoad.newBuilder()
                .setExpert(i)
                .setName(i == 0 ? "even" : "odd")
                .setTokens(2)
                .addReplicas("n" + i));
      }
      out.onNext(status.build());
      out.onCompleted();
    }
  }
}
