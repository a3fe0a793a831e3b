package dev.switchboard.benchmarks;

import dev.switchboard.client.Generation;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.SessionPlace;
import dev.switchboard.proto.v1.StatePart;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What came of one request.
 *
 * @param digest of the logits that its tokens were chosen by; empty where a turn was cut
 * @param place of a turn in its session
 * @param began when it was called, as the JVM's clock says
 * @param firstToken when the first token came
 */
record BookAnswer(
    String text,
    List<Integer> ids,
    String digest,
    SessionPlace place,
    long began,
    long firstToken) {
  /** Is told how much of the prompt is read. */
  interface Watch {
    Watch NONE = (read, all) -> {};

    void read(long tokens, long all);
  }

  BookAnswer {
    ids = List.copyOf(ids);
  }

  long firstTokenNanos() {
    return firstToken - began;
  }

  /** The same ids and text, and logits where both requests ran from their begin to their end. */
  boolean isLike(BookAnswer other) {
    boolean whole = !digest.isEmpty() && !other.digest.isEmpty();
    return ids.equals(other.ids)
        && text.equals(other.text)
        && (!whole || digest.equals(other.digest));
  }

  /**
   * Follows a request to its end.
   *
   * @param state takes the state at the end, where one was asked for
   * @throws io.grpc.StatusRuntimeException if it fails
   */
  static BookAnswer of(Generation generation, Watch watch, Optional<Path> state) {
    long began = System.nanoTime();
    long first = began;
    StringBuilder text = new StringBuilder();
    List<Integer> ids = new ArrayList<>();
    SessionPlace place = SessionPlace.getDefaultInstance();
    try (Generation events = generation;
        OutputStream saved = open(state)) {
      while (events.hasNext()) {
        GenerateEvent event = events.next();
        switch (event.getEventCase()) {
          case STARTED -> place = event.getStarted().getSession();
          case PROGRESS ->
              watch.read(
                  event.getProgress().getPromptTokensRead(), event.getProgress().getPromptTokens());
          case TOKEN -> {
            first = ids.isEmpty() ? System.nanoTime() : first;
            ids.add(event.getToken().getId());
            text.append(event.getToken().getText());
          }
          case STATE -> write(saved, event.getState());
          case DONE -> {
            text.append(event.getDone().getText());
            String digest = event.getDone().getLogitsSha256();
            return new BookAnswer(text.toString(), ids, digest, place, began, first);
          }
          default -> {}
        }
      }
    } catch (IOException e) {
      throw new BenchException("cannot write " + state.map(Path::toString).orElse("") + ": " + e);
    }
    throw new BenchException("the router ended its answer without saying how");
  }

  private static OutputStream open(Optional<Path> state) throws IOException {
    return state.isPresent() ? Files.newOutputStream(state.get()) : OutputStream.nullOutputStream();
  }

  private static void write(OutputStream saved, StatePart part) throws IOException {
    part.getData().writeTo(saved);
  }
}
