package dev.switchboard.client.cli;

import dev.switchboard.client.Generation;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.Progress;
import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.proto.v1.StatePart;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A whole answer.
 *
 * @param text everything that was streamed, and what the last event still held back
 */
record Completion(String text, List<GeneratedToken> tokens, Done done) {
  /** Takes what a request may ask for beside its tokens. */
  interface Extras {
    Extras NONE = new Extras() {};

    /** The request is admitted. */
    default void begin(Started started) {}

    /** The next piece of the prompt's logits. */
    default void add(PromptLogits piece) {}

    /** More of the prompt is read. */
    default void progress(Progress progress) {}

    /** The next piece of the state at the end. */
    default void state(StatePart part) {}

    /** The answer is complete. */
    default void finish() {}
  }

  Completion {
    tokens = List.copyOf(tokens);
  }

  /**
   * Runs the request to its end and shows each token as it comes.
   *
   * @throws CommandException when the stream ends without saying how
   */
  static Completion run(Generation generation, Consumer<GeneratedToken> onToken, Extras extras) {
    StringBuilder text = new StringBuilder();
    List<GeneratedToken> tokens = new ArrayList<>();
    try (Generation events = generation) {
      while (events.hasNext()) {
        GenerateEvent event = events.next();
        switch (event.getEventCase()) {
          case TOKEN -> {
            tokens.add(event.getToken());
            text.append(event.getToken().getText());
            onToken.accept(event.getToken());
          }
          case DONE -> {
            text.append(event.getDone().getText());
            extras.finish();
            return new Completion(text.toString(), tokens, event.getDone());
          }
          case STARTED -> extras.begin(event.getStarted());
          case PROMPT_LOGITS -> extras.add(event.getPromptLogits());
          case STATE -> extras.state(event.getState());
          case PROGRESS -> extras.progress(event.getProgress());
          case EVENT_NOT_SET -> {}
        }
      }
    }
    throw new CommandException(
        "the router ended the stream after " + tokens.size() + " tokens without saying how");
  }
}
