package dev.switchboard.router.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.router.engine.Ending;
import dev.switchboard.router.engine.TokenEvent;
import dev.switchboard.router.testing.FakeCall;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A slow reader's events: bounded, in order, and none lost. */
class GenerateStreamTest {
  @TempDir Path folder;
  private Model model;
  private final FakeCall<GenerateEvent> transport = new FakeCall<>();
  private int resumed;
  private GenerateStream stream;

  @BeforeEach
  void open() {
    model = Model.open(TinyModels.seeded(1).write(folder));
    EventMessages messages =
        new EventMessages(ModelFacts.of(model), Optional.of(model.tokenizer()));
    stream =
        new GenerateStream(
            transport,
            messages,
            Started.getDefaultInstance(),
            GenerateStream.Wishes.NONE,
            () -> resumed++);
  }

  @AfterEach
  void close() {
    model.close();
  }

  private void tokens(int from, int to) {
    IntStream.range(from, to).forEach(id -> stream.token(new TokenEvent(id, "", new int[0][])));
  }

  private List<Integer> ids() {
    return transport.taken.stream().map(event -> event.getToken().getId()).toList();
  }

  @Test
  void isBehindOnceItsBufferIsFullAndResumesWhenHalfIsGone() {
    transport.ready = false;
    tokens(0, GenerateStream.BUFFERED_EVENTS - 1);
    assertThat(stream.behind()).isFalse();
    tokens(63, 64);
    assertThat(stream.behind()).isTrue();
    stream.drain();
    assertThat(transport.taken).as("not ready yet").isEmpty();
    assertThat(resumed).isZero();
    transport.ready = true;
    stream.drain();
    assertThat(resumed).isEqualTo(1);
    assertThat(stream.behind()).isFalse();
    stream.drain();
    assertThat(resumed).as("once").isEqualTo(1);
    tokens(64, 66);
    assertThat(ids()).isEqualTo(IntStream.range(0, 66).boxed().toList());
  }

  @Test
  void keepsTheOrderWhenReadinessReturnsBetweenTwoEvents() {
    transport.ready = false;
    tokens(0, 1);
    transport.ready = true;
    tokens(1, 2);
    assertThat(transport.taken).as("behind the one that waits").isEmpty();
    stream.drain();
    assertThat(ids()).containsExactly(0, 1);
  }

  @Test
  void whatWaitsIsSentBeforeAFailure() {
    transport.ready = false;
    tokens(0, 3);
    stream.failed(new Ending(Ending.Kind.UNAVAILABLE, "gone"));
    assertThat(ids()).containsExactly(0, 1, 2);
    assertThat(Status.fromThrowable(transport.error).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(Status.fromThrowable(transport.error).getDescription()).isEqualTo("gone");
    assertThat(stream.behind()).isFalse();
  }
}
