package dev.switchboard.router.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.EndOfPrompt;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.StatePart;
import dev.switchboard.proto.v1.TextPart;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.proto.weights.Checksums;
import dev.switchboard.router.api.PromptStream.Gathered;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prompts in pieces: put together as they were cut, and refused as soon as they cannot be. */
class PromptStreamTest {
  private static final ApiLimits LIMITS = new ApiLimits(10, 10, 12, 4, 4, 5000, false);
  private static final GenerateInput BEGIN =
      GenerateInput.newBuilder().setBegin(GenerateRequest.newBuilder().setMaxTokens(3)).build();
  private static final GenerateInput END =
      GenerateInput.newBuilder().setEnd(EndOfPrompt.getDefaultInstance()).build();

  private final List<Gathered> gathered = new ArrayList<>();
  private final List<Throwable> errors = new ArrayList<>();
  private final PromptStream stream =
      new PromptStream(
          LIMITS,
          new StreamObserver<GenerateEvent>() {
            @Override
            public void onNext(GenerateEvent event) {}

            @Override
            public void onError(Throwable problem) {
              errors.add(problem);
            }

            @Override
            public void onCompleted() {}
          },
          gathered::add);

  private void take(GenerateInput... inputs) {
    for (GenerateInput input : inputs) {
      stream.onNext(input);
    }
  }

  private void refused(String message) {
    stream.onCompleted();
    assertThat(gathered).isEmpty();
    assertThat(errors).hasSize(1);
    Status status = Status.fromThrowable(errors.get(0));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains(message);
  }

  private static GenerateInput text(String text) {
    return GenerateInput.newBuilder().setText(TextPart.newBuilder().setText(text)).build();
  }

  private static GenerateInput ids(Integer... ids) {
    TokenIds list = TokenIds.newBuilder().addAllIds(List.of(ids)).build();
    return GenerateInput.newBuilder().setTokenIds(list).build();
  }

  private static GenerateInput state(long offset, byte[] data, boolean last) {
    return GenerateInput.newBuilder()
        .setState(
            StatePart.newBuilder()
                .setOffset(offset)
                .setData(ByteString.copyFrom(data))
                .setCrc32C(Checksums.crc32c(data))
                .setLast(last))
        .build();
  }

  @Test
  void textAndIdsArePutTogether() {
    take(BEGIN, text("Once "), text("upon"), text(""), END, text("late"));
    stream.onCompleted();
    assertThat(errors).isEmpty();
    assertThat(gathered).hasSize(1);
    assertThat(gathered.get(0).request().getText()).isEqualTo("Once upon");
    assertThat(gathered.get(0).request().getMaxTokens()).isEqualTo(3);
    assertThat(gathered.get(0).start()).isEmpty();
  }

  @Test
  void aPromptMayStandInTheBeginning() {
    GenerateRequest whole =
        GenerateRequest.newBuilder().setTokenIds(TokenIds.newBuilder().addIds(7)).build();
    take(GenerateInput.newBuilder().setBegin(whole).build(), END);
    assertThat(gathered.get(0).request()).isEqualTo(whole);
  }

  @Test
  void idsAreCounted() {
    take(BEGIN, ids(1, 2, 3, 4, 5, 6), ids(7, 8, 9, 10), END);
    assertThat(gathered.get(0).request().getTokenIds().getIdsList()).hasSize(10);
  }

  @Test
  void tooManyIdsAreRefusedBeforeTheEnd() {
    take(BEGIN, ids(1, 2, 3, 4, 5, 6), ids(7, 8, 9, 10, 11));
    refused("more than 10 tokens");
  }

  @Test
  void theOrderIsKept() {
    take(text("a"), BEGIN);
    refused("the first message is text; expected begin");
  }

  @Test
  void thereIsOneBeginning() {
    take(BEGIN, BEGIN);
    refused("begin comes a second time");
  }

  @Test
  void thereIsOneKindOfPrompt() {
    take(BEGIN, text("a"), ids(1));
    refused("give one of them");
  }

  @Test
  void anEndIsNeeded() {
    take(BEGIN, text("a"));
    refused("without an end");
  }

  @Test
  void aMessageSaysSomething() {
    take(BEGIN, GenerateInput.getDefaultInstance());
    refused("an empty message");
  }

  @Test
  void aStateIsWhole() {
    take(BEGIN, state(0, new byte[10], false), END);
    refused("ends after 10 bytes");
  }

  @Test
  void aStateHasALimit() {
    take(BEGIN, state(0, new byte[4000], false), state(4000, new byte[1001], true));
    refused("more than 5000 bytes, the limit (router.maxSavedStateBytes)");
  }

  @ParameterizedTest
  @ValueSource(longs = {9, 11, -1, Long.MAX_VALUE})
  void aStateComesInOrder(long offset) {
    take(BEGIN, state(0, new byte[10], false), state(offset, new byte[1], true));
    refused("expected 10");
  }

  @Test
  void nothingFollowsTheLastPart() {
    take(BEGIN, state(0, new byte[10], true), state(10, new byte[1], true));
    refused("none behind the last");
  }

  @Test
  void aChangedPartIsNoticed() {
    StatePart part = state(0, new byte[10], true).getState().toBuilder().setCrc32C(1).build();
    take(BEGIN, GenerateInput.newBuilder().setState(part).build());
    refused("it was changed on its way");
  }

  @Test
  void whatIsNoStateIsRefused() {
    take(BEGIN, state(0, new byte[1000], true), END);
    refused("state: ");
  }

  @Test
  void aCancelledCallIsForgotten() {
    take(BEGIN, text("a"));
    stream.onError(Status.CANCELLED.asRuntimeException());
    take(END);
    assertThat(gathered).isEmpty();
    assertThat(errors).isEmpty();
  }
}
