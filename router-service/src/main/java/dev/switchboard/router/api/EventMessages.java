package dev.switchboard.router.api;

import dev.switchboard.model.tokenizer.Tokenizer;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.ExpertCalls;
import dev.switchboard.proto.v1.FinishReason;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RoutedToken;
import dev.switchboard.proto.v1.TokenLogprob;
import dev.switchboard.router.engine.CallCounts;
import dev.switchboard.router.engine.GenerationSummary;
import dev.switchboard.router.engine.RouteSummary;
import dev.switchboard.router.engine.TokenEvent;
import java.util.ArrayList;
import java.util.List;

/** What the engine says, as messages. Layers that have no experts are left out. */
final class EventMessages {
  private final ModelFacts facts;
  private final Tokenizer tokenizer;

  EventMessages(ModelFacts facts, Tokenizer tokenizer) {
    this.facts = facts;
    this.tokenizer = tokenizer;
  }

  GeneratedToken token(TokenEvent event) {
    GeneratedToken.Builder token =
        GeneratedToken.newBuilder()
            .setId(event.id())
            .setText(event.text())
            .addAllExperts(choices(event.experts()))
            .setLogprob(event.logprob());
    for (TokenEvent.Alternative alternative : event.top()) {
      token.addTop(
          TokenLogprob.newBuilder()
              .setId(alternative.id())
              .setLogprob(alternative.logprob())
              .setText(piece(alternative.id())));
    }
    return token.build();
  }

  Done done(GenerationSummary summary) {
    return Done.newBuilder()
        .setReason(
            switch (summary.reason()) {
              case LENGTH -> FinishReason.FINISH_REASON_LENGTH;
              case END_TOKEN -> FinishReason.FINISH_REASON_END_TOKEN;
              case STOP_STRING -> FinishReason.FINISH_REASON_STOP_STRING;
            })
        .setPromptTokens(summary.promptTokens())
        .setGeneratedTokens(summary.generatedTokens())
        .setSeed(summary.seed())
        .setText(summary.text())
        .setLogitsSha256(summary.logitsSha256())
        .addAllCalls(calls(summary.calls()))
        .setModelFingerprint(facts.fingerprint())
        .setPromptNanos(summary.promptNanos())
        .setGenerateNanos(summary.generateNanos())
        .build();
  }

  /**
   * @param prompt the ids that were routed
   */
  RouteReply routed(RouteSummary summary, int[] prompt) {
    RouteReply.Builder reply =
        RouteReply.newBuilder()
            .setTokens(summary.tokens())
            .setExpert(summary.majority())
            .setExpertName(facts.expertName(summary.majority()))
            .addAllCalls(calls(summary.calls()));
    for (int i = 0; i < summary.perToken().size(); i++) {
      reply.addRouted(
          RoutedToken.newBuilder()
              .setId(prompt[i])
              .setText(piece(prompt[i]))
              .addAllExperts(choices(summary.perToken().get(i))));
    }
    return reply.build();
  }

  /** A token's own text; U+FFFD where it is not whole characters. */
  String piece(int id) {
    return tokenizer.decode(new int[] {id});
  }

  private List<LayerChoice> choices(int[][] byLayer) {
    List<LayerChoice> choices = new ArrayList<>(byLayer.length);
    for (int i = 0; i < byLayer.length; i++) {
      LayerChoice.Builder choice = LayerChoice.newBuilder().setLayer(facts.moeLayers().get(i));
      for (int expert : byLayer[i]) {
        choice.addExperts(expert);
      }
      choices.add(choice.build());
    }
    return choices;
  }

  private List<ExpertCalls> calls(CallCounts counts) {
    List<ExpertCalls> calls = new ArrayList<>();
    for (int layer = 0; layer < counts.moeLayers(); layer++) {
      for (int expert = 0; expert < counts.experts(); expert++) {
        long tokens = counts.get(layer, expert);
        if (tokens > 0) {
          calls.add(
              ExpertCalls.newBuilder()
                  .setLayer(facts.moeLayers().get(layer))
                  .setExpert(expert)
                  .setTokens(tokens)
                  .build());
        }
      }
    }
    return calls;
  }
}
