package dev.switchboard.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.RouteRequest;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SwitchboardClientTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final GenerateRequest THREE =
      GenerateRequest.newBuilder().setText("abc").setMaxTokens(3).build();

  @Test
  void streamsTokensAndEnds() {
    try (FakeRouter router = new FakeRouter(FakeRouter.Manner.STEADY);
        SwitchboardClient client = SwitchboardClient.connect(router.address());
        Generation events = client.generate(THREE, LONG)) {
      assertThat(events.next().getEventCase()).isEqualTo(GenerateEvent.EventCase.STARTED);
      for (int i = 0; i < 3; i++) {
        assertThat(events.next().getToken().getText()).isEqualTo(" é" + i);
      }
      assertThat(events.next().getDone().getGeneratedTokens()).isEqualTo(3);
      assertThat(events.hasNext()).isFalse();
    }
  }

  @Test
  void closingAGenerationCancelsItAtTheRouter() throws InterruptedException {
    try (FakeRouter router = new FakeRouter(FakeRouter.Manner.HANGS_AFTER_ONE_TOKEN);
        SwitchboardClient client = SwitchboardClient.connect(router.address())) {
      Generation events = client.generate(THREE, LONG);
      events.next();
      events.next();
      events.close();
      assertThat(router.sawCancel()).isTrue();
      assertThatThrownBy(events::hasNext)
          .extracting(e -> Status.fromThrowable(e).getCode())
          .isEqualTo(Status.Code.CANCELLED);
    }
  }

  @Test
  void aDeadlineEndsAHangingGeneration() {
    try (FakeRouter router = new FakeRouter(FakeRouter.Manner.HANGS_AFTER_ONE_TOKEN);
        SwitchboardClient client = SwitchboardClient.connect(router.address());
        Generation events = client.generate(THREE, Duration.ofMillis(500))) {
      assertThatThrownBy(() -> events.forEachRemaining(event -> {}))
          .extracting(e -> Status.fromThrowable(e).getCode())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
  }

  @Test
  void aRefusalKeepsItsStatus() {
    try (FakeRouter router = new FakeRouter(FakeRouter.Manner.STEADY);
        SwitchboardClient client = SwitchboardClient.connect(router.address())) {
      RouteRequest request = RouteRequest.newBuilder().setText("fail").build();
      assertThatThrownBy(() -> client.route(request, LONG))
          .hasMessage("INVALID_ARGUMENT: will not");
    }
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1:7300,127.0.0.1,7300", "router:1,router,1", "[::1]:65535,::1,65535"})
  void addressesAreReadAndWritten(String text, String host, int port) {
    assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "host", "host:", ":1", "host:0", "host:65536", "host:x", "1.2.3.4:-5"})
  void otherAddressesAreRefusedByName(String text) {
    assertThatThrownBy(() -> HostPort.parse(text)).hasMessageContaining("'" + text + "'");
  }
}
