package dev.switchboard.client.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.client.HostPort;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.InferenceGrpc;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallerTest {
  private static final int TOKENS = 10;
  private static final List<Integer> RIGHT = IntStream.range(0, TOKENS).boxed().toList();

  private final List<Server> servers = new ArrayList<>();
  private final List<Integer> received = new ArrayList<>();
  private final List<StatusRuntimeException> failures = new ArrayList<>();
  private final Gaps gaps = new Gaps();

  @AfterEach
  void stop() {
    servers.forEach(Server::shutdownNow);
  }

  /** Generates 0, 1, 2, ...; the first calls end after so many tokens with this status. */
  private final class Fake extends InferenceGrpc.InferenceImplBase {
    private final int failures;
    private final Status status;
    private int calls;

    Fake(int failures, Status status) {
      this.failures = failures;
      this.status = status;
    }

    @Override
    public synchronized void generate(
        GenerateRequest request, StreamObserver<GenerateEvent> events) {
      received.add(request.getReceivedTokens());
      boolean fails = calls++ < failures;
      for (int id = request.getReceivedTokens(); id < (fails ? TOKENS / 2 : TOKENS); id++) {
        GeneratedToken token = GeneratedToken.newBuilder().setId(id).setText(id + " ").build();
        events.onNext(GenerateEvent.newBuilder().setToken(token).build());
      }
      if (fails) {
        events.onError(status.asRuntimeException());
        return;
      }
      events.onNext(GenerateEvent.newBuilder().setDone(Done.getDefaultInstance()).build());
      events.onCompleted();
    }
  }

  private Supplier<Optional<HostPort>> router(int failing, Status status) throws IOException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Fake(failing, status))
            .build()
            .start();
    servers.add(server);
    return () -> Optional.of(new HostPort("127.0.0.1", server.getPort()));
  }

  private Answer ask(GenerateRequest request, List<Supplier<Optional<HostPort>>> routers) {
    try (Routers all = new Routers(routers, failures::add)) {
      return new Caller(0, all, gaps).ask(request);
    }
  }

  @Test
  void aTurnOfASessionGoesOnAtAnotherRouter() throws IOException {
    GenerateRequest turn = GenerateRequest.newBuilder().setSessionId("s").build();
    Answer answer =
        ask(turn, List.of(router(1, Status.UNAVAILABLE), router(0, Status.UNAVAILABLE)));
    assertThat(answer.ids()).isEqualTo(RIGHT);
    assertThat(answer.text()).isEqualTo("0 1 2 3 4 5 6 7 8 9 ");
    assertThat(received).containsExactly(0, TOKENS / 2);
    assertThat(failures).hasSize(1);
    assertThat(gaps.recent()).hasSize(TOKENS - 1);
  }

  @Test
  void aRequestThatStandsAloneIsRepeated() throws IOException {
    Answer answer =
        ask(
            GenerateRequest.getDefaultInstance(),
            List.of(router(1, Status.UNAVAILABLE), Optional::empty));
    assertThat(answer.ids()).isEqualTo(RIGHT);
    assertThat(received).containsExactly(0, 0);
  }

  @Test
  void whatCannotHelpIsNotTriedAgain() throws IOException {
    List<Supplier<Optional<HostPort>>> routers = List.of(router(1, Status.INVALID_ARGUMENT));
    assertThatThrownBy(() -> ask(GenerateRequest.getDefaultInstance(), routers))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("INVALID_ARGUMENT");
    assertThat(received).containsExactly(0);
  }
}
