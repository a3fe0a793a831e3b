package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.Progress;
import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.SessionPlace;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.proto.v1.StatePart;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What {@code generate} takes beside tokens: files that were asked for, and how far it is. */
final class GenerateExtras implements Completion.Extras, AutoCloseable {
  private final Reading reading;
  private final @Nullable LogitsFile logits;
  private final @Nullable StateFile state;
  private SessionPlace place = SessionPlace.getDefaultInstance();

  /**
   * @throws CommandException if a file cannot be made there
   */
  GenerateExtras(Reading reading, @Nullable Path logits, @Nullable Path state) {
    this.reading = reading;
    this.logits = logits == null ? null : new LogitsFile(logits);
    this.state = state == null ? null : new StateFile(state);
  }

  @Override
  public void begin(Started started) {
    place = started.getSession();
    if (logits != null) {
      logits.begin(started);
    }
  }

  @Override
  public void add(PromptLogits piece) {
    if (logits != null) {
      logits.add(piece);
    }
  }

  @Override
  public void progress(Progress progress) {
    reading.progress(progress);
  }

  @Override
  public void state(StatePart part) {
    if (state != null) {
      state.add(part);
    }
  }

  @Override
  public void finish() {
    if (logits != null) {
      logits.finish();
    }
    if (state != null) {
      state.finish();
    }
  }

  /** Fields of the JSON report. */
  void write(JsonGenerator json, Done done) throws IOException {
    reading.write(json);
    if (state != null) {
      json.writeNumberField("savedStateBytes", state.bytes());
    }
    if (place.getTurn() > 0) {
      writeTurn(json, done.getSessionNote());
    }
  }

  private void writeTurn(JsonGenerator json, String note) throws IOException {
    json.writeObjectFieldStart("session");
    json.writeNumberField("turn", place.getTurn());
    json.writeNumberField("tokensBefore", place.getTokens());
    json.writeNumberField("stateTokens", place.getStateTokens());
    json.writeNumberField("stateBytes", place.getStateBytes());
    json.writeNumberField("generatedBefore", place.getGeneratedBefore());
    json.writeStringField("note", note);
    json.writeEndObject();
  }

  @Override
  public void close() {
    if (logits != null) {
      logits.close();
    }
    if (state != null) {
      state.close();
    }
  }
}
