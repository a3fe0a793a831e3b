package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.EndOfPrompt;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.StatePart;
import dev.switchboard.proto.v1.TextPart;
import dev.switchboard.proto.weights.Checksums;
import dev.switchboard.router.testing.TestRouter;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prompts as streams; states that are saved, and gone on from. */
class SavedStatesTest {
  private static final String PROMPT = "def on(i): return in the print" + "er ".repeat(40);

  @TempDir static Path folder;
  private static Model model;
  private static TestRouter router;

  @BeforeAll
  static void start() {
    model = Model.open(TinyModels.seeded(7).topK(2).write(folder));
    router = TestRouter.local(model, "router.maxSavedStateBytes", "64MiB");
  }

  @AfterAll
  static void stop() {
    router.close();
    model.close();
  }

  /** All events of a call, or how it failed. */
  private static final class Events implements StreamObserver<GenerateEvent> {
    final List<GenerateEvent> seen = new ArrayList<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();

    @Override
    public void onNext(GenerateEvent event) {
      seen.add(event);
    }

    @Override
    public void onError(Throwable problem) {
      end.complete(Status.fromThrowable(problem));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }

    Status status() {
      return end.orTimeout(60, TimeUnit.SECONDS).join();
    }

    List<Integer> ids() {
      assertThat(status()).isEqualTo(Status.OK);
      return seen.stream()
          .filter(GenerateEvent::hasToken)
          .map(event -> event.getToken().getId())
          .toList();
    }

    byte[] state() {
      ByteString all = ByteString.EMPTY;
      for (GenerateEvent event : seen) {
        if (event.hasState()) {
          assertThat(event.getState().getOffset()).isEqualTo(all.size());
          byte[] data = event.getState().getData().toByteArray();
          assertThat(event.getState().getCrc32C()).isEqualTo(Checksums.crc32c(data));
          all = all.concat(event.getState().getData());
        }
      }
      assertThat(seen.get(seen.size() - 2).getState().getLast()).isTrue();
      assertThat(seen.getLast().hasDone()).isTrue();
      return all.toByteArray();
    }
  }

  private static GenerateRequest.Builder request(int tokens) {
    return TestRouter.request("", tokens).clearPrompt();
  }

  private static Events call(
      GenerateRequest.Builder begin, @Nullable String text, byte @Nullable [] state) {
    Events events = new Events();
    StreamObserver<GenerateInput> out = router.async().generateFrom(events);
    out.onNext(GenerateInput.newBuilder().setBegin(begin).build());
    for (int at = 0; text != null && at < text.length(); at += 7) {
      String piece = text.substring(at, Math.min(text.length(), at + 7));
      out.onNext(GenerateInput.newBuilder().setText(TextPart.newBuilder().setText(piece)).build());
    }
    for (int at = 0; state != null && at < state.length; at += 1000) {
      ByteString data = ByteString.copyFrom(state, at, Math.min(1000, state.length - at));
      StatePart.Builder part = StatePart.newBuilder().setOffset(at).setData(data);
      part.setCrc32C(Checksums.crc32c(data.toByteArray())).setLast(at + 1000 >= state.length);
      out.onNext(GenerateInput.newBuilder().setState(part).build());
    }
    out.onNext(GenerateInput.newBuilder().setEnd(EndOfPrompt.getDefaultInstance()).build());
    out.onCompleted();
    events.status();
    return events;
  }

  @Test
  void aStreamedPromptIsReadAsAWholeOneIs() {
    List<Integer> whole = router.generate(TestRouter.request(PROMPT, 12).build()).ids();
    assertThat(call(request(12), PROMPT, null).ids()).isEqualTo(whole);
  }

  @Test
  void aSavedStateGoesOnWithTheSameTokens() {
    List<Integer> whole = router.generate(TestRouter.request(PROMPT, 24).build()).ids();
    Events first = call(request(8).setSaveState(true), PROMPT, null);
    assertThat(first.ids()).isEqualTo(whole.subList(0, 8));
    byte[] state = first.state();
    Events second = call(request(10).setSaveState(true), null, state);
    assertThat(second.ids()).isEqualTo(whole.subList(8, 18));
    assertThat(call(request(6), null, second.state()).ids()).isEqualTo(whole.subList(18, 24));

    for (int at : new int[] {0, 20, state.length / 2, state.length - 1}) {
      byte[] flipped = state.clone();
      flipped[at] ^= 1;
      Status status = call(request(4), null, flipped).status();
      assertThat(status.getCode()).as("bit of byte %d", at).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).startsWith("state: ");
    }
  }

  @Test
  void textFollowsAState() {
    List<Integer> reference = router.generate(TestRouter.request("print the", 1).build()).ids();
    Events first = call(request(1).setSaveState(true), "print the", null);
    assertThat(first.ids()).isEqualTo(reference);
    int[] more = model.tokenizer().encode(" in");
    Events second = call(request(5), " in", first.state());
    assertThat(second.seen.getFirst().getStarted().getPromptTokens())
        .isEqualTo(model.tokenizer().encodePrompt("print the").length + 1 + more.length);
    assertThat(second.ids()).hasSize(5);
  }

  @Test
  void aStateOfAnotherModelIsRefused() {
    Events first = call(request(2).setSaveState(true), PROMPT, null);
    try (Model other = Model.open(TinyModels.seeded(8).topK(2).write(folder.resolve("other")));
        TestRouter stranger = TestRouter.local(other)) {
      Events events = new Events();
      StreamObserver<GenerateInput> out = stranger.async().generateFrom(events);
      byte[] state = first.state();
      out.onNext(GenerateInput.newBuilder().setBegin(request(2)).build());
      StatePart.Builder part = StatePart.newBuilder().setData(ByteString.copyFrom(state));
      part.setCrc32C(Checksums.crc32c(state)).setLast(true);
      out.onNext(GenerateInput.newBuilder().setState(part).build());
      out.onNext(GenerateInput.newBuilder().setEnd(EndOfPrompt.getDefaultInstance()).build());
      assertThat(events.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(events.status().getDescription()).contains("model");
    }
  }

  @Test
  void progressEndsWithTheWholePrompt() {
    Events events = call(request(1).setProgress(true).setPromptChunkTokens(1), PROMPT, null);
    List<Long> read =
        events.seen.stream()
            .filter(GenerateEvent::hasProgress)
            .map(event -> event.getProgress().getPromptTokensRead())
            .toList();
    long all = events.seen.getFirst().getStarted().getPromptTokens();
    assertThat(read).isSorted().endsWith(all);
  }
}
