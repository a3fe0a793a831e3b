package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.TokenLogprob;
import java.io.IOException;

/** One answer as JSON: its text, each token with its experts, who was awake, how long it took. */
record CompletionReport(Completion completion, Experts experts, boolean logprobs) {
  void write(JsonGenerator json) throws IOException {
    Done done = completion.done();
    json.writeStringField("text", completion.text());
    json.writeArrayFieldStart("tokens");
    for (GeneratedToken token : completion.tokens()) {
      writeToken(json, token);
    }
    json.writeEndArray();
    json.writeObjectFieldStart("awake");
    for (Experts.Share share : experts.awake(done.getCallsList())) {
      json.writeNumberField(share.name(), share.share());
    }
    json.writeEndObject();
    json.writeStringField("logits_sha256", done.getLogitsSha256());
    Json.unsigned(json, "seed", done.getSeed());
    json.writeStringField("finishReason", Json.enumWord("FINISH_REASON_", done.getReason()));
    json.writeNumberField("promptTokens", done.getPromptTokens());
    json.writeNumberField("generatedTokens", done.getGeneratedTokens());
    json.writeNumberField("degradedTokens", done.getDegradedTokens());
    json.writeStringField("modelFingerprint", done.getModelFingerprint());
    json.writeStringField("gateVersion", done.getGateVersion());
  }

  /** Seconds of the prompt and of the generated tokens, and tokens per second of both. */
  void writeTiming(JsonGenerator json, double startSeconds) throws IOException {
    Done done = completion.done();
    double prompt = done.getPromptNanos() / 1e9;
    double generate = done.getGenerateNanos() / 1e9;
    json.writeObjectFieldStart("timing");
    json.writeNumberField("startSeconds", startSeconds);
    json.writeNumberField("promptSeconds", prompt);
    json.writeNumberField("generateSeconds", generate);
    json.writeNumberField("promptTokensPerSecond", rate(done.getPromptTokens(), prompt));
    json.writeNumberField("generateTokensPerSecond", rate(done.getGeneratedTokens(), generate));
    json.writeEndObject();
  }

  private static double rate(int tokens, double seconds) {
    return seconds <= 0 ? 0 : tokens / seconds;
  }

  private void writeToken(JsonGenerator json, GeneratedToken token) throws IOException {
    json.writeStartObject();
    json.writeNumberField("id", token.getId());
    json.writeStringField("text", token.getText());
    if (token.getDegraded()) {
      json.writeBooleanField("degraded", true);
    }
    json.writeArrayFieldStart("experts");
    for (LayerChoice choice : token.getExpertsList()) {
      json.writeStartArray();
      for (int expert : choice.getExpertsList()) {
        json.writeNumber(expert);
      }
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("expertNames");
    for (LayerChoice choice : token.getExpertsList()) {
      json.writeStartArray();
      for (int expert : choice.getExpertsList()) {
        json.writeString(experts.name(expert));
      }
      json.writeEndArray();
    }
    json.writeEndArray();
    if (logprobs) {
      writeLogprobs(json, token);
    }
    json.writeEndObject();
  }

  private static void writeLogprobs(JsonGenerator json, GeneratedToken token) throws IOException {
    json.writeNumberField("logprob", token.getLogprob());
    json.writeArrayFieldStart("top");
    for (TokenLogprob other : token.getTopList()) {
      json.writeStartObject();
      json.writeNumberField("id", other.getId());
      json.writeNumberField("logprob", other.getLogprob());
      json.writeStringField("text", other.getText());
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
