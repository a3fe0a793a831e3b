package dev.switchboard.integration;

import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.TokenIds;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/** A whole generation: its text, its tokens and what the router said at the end. */
record Generation(String text, List<GeneratedToken> tokens, Done done) {
  /** Greedy, all tokens wanted, with the digest of the logits. */
  static GenerateRequest.Builder greedy(String prompt, int maxTokens) {
    return common(maxTokens).setText(prompt);
  }

  static GenerateRequest.Builder greedy(int[] prompt, int maxTokens) {
    TokenIds.Builder ids = TokenIds.newBuilder();
    for (int id : prompt) {
      ids.addIds(id);
    }
    return common(maxTokens).setTokenIds(ids);
  }

  private static GenerateRequest.Builder common(int maxTokens) {
    return GenerateRequest.newBuilder()
        .setMaxTokens(maxTokens)
        .setIgnoreEos(true)
        .setLogitsDigest(true);
  }

  static Generation run(Channel channel, GenerateRequest request) {
    return run(channel, request, count -> {});
  }

  /** Runs to the end; {@code onToken} hears how many tokens have come after each. */
  static Generation run(Channel channel, GenerateRequest request, IntConsumer onToken) {
    Iterator<GenerateEvent> events =
        InferenceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .generate(request);
    StringBuilder text = new StringBuilder();
    List<GeneratedToken> tokens = new ArrayList<>();
    while (events.hasNext()) {
      GenerateEvent event = events.next();
      if (event.hasToken()) {
        tokens.add(event.getToken());
        text.append(event.getToken().getText());
        onToken.accept(tokens.size());
      } else if (event.hasDone()) {
        text.append(event.getDone().getText());
        return new Generation(text.toString(), tokens, event.getDone());
      }
    }
    throw new AssertionError("the stream ended without `done` after " + tokens.size() + " tokens");
  }

  String digest() {
    return done.getLogitsSha256();
  }
}
