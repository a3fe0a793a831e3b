package dev.switchboard.client.cli;

import dev.switchboard.client.Generation;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.PromptLogits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A whole answer.
 *
 * @param text everything that was streamed, and what the last event still held back
 */
record Completion(String text, List<GeneratedToken> tokens, Done done) {
  /** Takes the prompt's logits, if the request asks for them. */
  interface LogitsReader {
    LogitsReader NONE = new LogitsReader() {};

    /** The request is admitted. */
    default void begin(int promptTokens) {}

    /** The next piece. */
    default void add(PromptLogits piece) {}

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
  static Completion run(
      SwitchboardClient client,
      GenerateRequest request,
      Duration timeout,
      Consumer<GeneratedToken> onToken,
      LogitsReader logits) {
    StringBuilder text = new StringBuilder();
    List<GeneratedToken> tokens = new ArrayList<>();
    try (Generation events = client.generate(request, timeout)) {
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
            logits.finish();
            return new Completion(text.toString(), tokens, event.getDone());
          }
          case STARTED -> logits.begin(event.getStarted().getPromptTokens());
          case PROMPT_LOGITS -> logits.add(event.getPromptLogits());
          case EVENT_NOT_SET -> {}
        }
      }
    }
    throw new CommandException(
        "the router ended the stream after " + tokens.size() + " tokens without saying how");
  }
}
