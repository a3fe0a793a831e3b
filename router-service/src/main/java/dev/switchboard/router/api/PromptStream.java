package dev.switchboard.router.api;

import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.tokenizer.Tokenizer;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GenerateRequest.PromptCase;
import dev.switchboard.proto.v1.StatePart;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.proto.weights.Checksums;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request whose prompt, or state to go on from, comes in pieces. Each piece is checked as it
 * comes: what is too long is refused before it is all there. The transport's thread only.
 */
final class PromptStream implements StreamObserver<GenerateInput> {
  /** Of a piece of a state. */
  static final int PART_BYTES = 1 << 20;

  /**
   * What the pieces make together.
   *
   * @param request with its prompt, if there is one
   * @param start what it goes on from
   */
  record Gathered(GenerateRequest request, Optional<SequenceSnapshot> start) {}

  private final ApiLimits limits;
  private final Consumer<Gathered> complete;
  private final StreamObserver<?> reader;
  private final StringBuilder text = new StringBuilder();
  private final TokenIds.Builder ids = TokenIds.newBuilder();
  private final List<ByteBuffer> state = new ArrayList<>();
  private @Nullable GenerateRequest begin;
  private PromptCase kind = PromptCase.PROMPT_NOT_SET;
  private long stateBytes;
  private boolean stateWhole;
  private boolean over;

  /**
   * @param reader is told what is wrong with the pieces
   * @param complete takes the request once
   */
  PromptStream(ApiLimits limits, StreamObserver<?> reader, Consumer<Gathered> complete) {
    this.limits = limits;
    this.reader = reader;
    this.complete = complete;
  }

  @Override
  public void onNext(GenerateInput input) {
    if (over) {
      return;
    }
    try {
      take(input);
    } catch (InvalidRequestException e) {
      refuse(String.valueOf(e.getMessage()));
    } catch (SnapshotException e) {
      refuse("state: " + e.getMessage());
    }
  }

  private void refuse(String message) {
    over = true;
    forget();
    reader.onError(Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException());
  }

  private void take(GenerateInput input) {
    boolean first = begin == null;
    if (first != input.hasBegin()) {
      throw new InvalidRequestException(
          first
              ? "the first message is %s; expected begin".formatted(word(input))
              : "begin comes a second time");
    }
    switch (input.getInputCase()) {
      case BEGIN -> begin = input.getBegin();
      case TEXT -> text(input.getText().getText());
      case TOKEN_IDS -> ids(input.getTokenIds());
      case STATE -> state(input.getState());
      case END -> end();
      case INPUT_NOT_SET -> throw new InvalidRequestException("an empty message");
    }
  }

  private static String word(GenerateInput input) {
    return input.getInputCase().name().toLowerCase(Locale.ROOT);
  }

  private void text(String piece) {
    one(PromptCase.TEXT);
    if (piece.length() > Tokenizer.MAX_TEXT_CHARS - text.length()) {
      throw new InvalidRequestException(
          "text: more than %d characters; at most so many are tokenized"
              .formatted(Tokenizer.MAX_TEXT_CHARS));
    }
    text.append(piece);
  }

  private void ids(TokenIds piece) {
    one(PromptCase.TOKEN_IDS);
    int most = Math.min(limits.promptTokens(), limits.contextTokens());
    if (piece.getIdsCount() > most - ids.getIdsCount()) {
      throw new InvalidRequestException(
          "token_ids: the prompt has more than %d tokens, at most %d are read"
              .formatted(most, most));
    }
    ids.addAllIds(piece.getIdsList());
  }

  private void one(PromptCase given) {
    PromptCase before = kind == PromptCase.PROMPT_NOT_SET ? begun().getPromptCase() : kind;
    if (before != PromptCase.PROMPT_NOT_SET && (before != given || kind != given)) {
      throw new InvalidRequestException(
          "prompt: %s beside %s; give one of them".formatted(given, before));
    }
    kind = given;
  }

  private void state(StatePart part) {
    int bytes = part.getData().size();
    if (stateWhole || part.getOffset() != stateBytes) {
      throw new InvalidRequestException(
          "state: a part at offset %d; expected %s"
              .formatted(part.getOffset(), stateWhole ? "none behind the last" : stateBytes));
    }
    if (bytes == 0 || bytes > PART_BYTES) {
      throw new InvalidRequestException(
          "state: a part of %d bytes; expected 1 to %d".formatted(bytes, PART_BYTES));
    }
    if (bytes > limits.savedStateBytes() - stateBytes) {
      throw new InvalidRequestException(
          "state: more than %d bytes, the limit (router.maxSavedStateBytes)"
              .formatted(limits.savedStateBytes()));
    }
    ByteBuffer data = part.getData().asReadOnlyByteBuffer();
    if (Checksums.crc32c(data.duplicate()) != part.getCrc32C()) {
      throw new InvalidRequestException(
          "state: the checksum of the part at offset %d does not fit: it was changed on its way"
              .formatted(stateBytes));
    }
    state.add(data);
    stateBytes += bytes;
    stateWhole = part.getLast();
  }

  private void end() {
    if (!state.isEmpty() && !stateWhole) {
      throw new InvalidRequestException(
          "state: it ends after %d bytes, without a last part".formatted(stateBytes));
    }
    Optional<SequenceSnapshot> start =
        state.isEmpty()
            ? Optional.empty()
            : Optional.of(SequenceSnapshot.read(state, limits.savedStateBytes()));
    GenerateRequest.Builder request = begun().toBuilder();
    if (kind == PromptCase.TEXT) {
      request.setText(text.toString());
    } else if (kind == PromptCase.TOKEN_IDS) {
      request.setTokenIds(ids);
    }
    over = true;
    forget();
    complete.accept(new Gathered(request.build(), start));
  }

  private GenerateRequest begun() {
    return begin == null ? GenerateRequest.getDefaultInstance() : begin;
  }

  private void forget() {
    text.setLength(0);
    text.trimToSize();
    ids.clear();
    state.clear();
  }

  @Override
  public void onError(Throwable problem) {
    over = true;
    forget();
  }

  @Override
  public void onCompleted() {
    if (!over) {
      refuse("the stream ended without an end");
    }
  }
}
