package dev.switchboard.router.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.model.GateInputs;
import dev.switchboard.model.tokenizer.Tokenizer;
import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.ExpertCalls;
import dev.switchboard.proto.v1.FinishReason;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RoutedToken;
import dev.switchboard.proto.v1.TokenLogprob;
import dev.switchboard.router.engine.CallCounts;
import dev.switchboard.router.engine.GenerationSummary;
import dev.switchboard.router.engine.RouteSummary;
import dev.switchboard.router.engine.TokenChoices;
import dev.switchboard.router.engine.TokenEvent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the engine says, as messages. Layers that have no experts are left out. */
final class EventMessages {
  /** Large enough for few messages, far below what a client's message limit may be. */
  static final int PIECE_VALUES = 1 << 18;

  private final ModelFacts facts;
  private final Optional<Tokenizer> tokenizer;

  EventMessages(ModelFacts facts, Optional<Tokenizer> tokenizer) {
    this.facts = facts;
    this.tokenizer = tokenizer;
  }

  /** Logits of some rows, cut into pieces that go over the wire one by one. */
  List<PromptLogits> promptLogits(int firstRow, int rows, float[] logits) {
    int vocabulary = logits.length / rows;
    long first = (long) firstRow * vocabulary;
    List<PromptLogits> pieces = new ArrayList<>();
    for (int from = 0; from < logits.length; from += PIECE_VALUES) {
      int count = Math.min(PIECE_VALUES, logits.length - from);
      pieces.add(
          PromptLogits.newBuilder()
              .setFirst(first + from)
              .setValues(littleEndian(logits, from, count))
              .setVocabulary(vocabulary)
              .build());
    }
    return pieces;
  }

  private static ByteString littleEndian(float[] values, int from, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values, from, count);
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  GeneratedToken token(TokenEvent event) {
    GeneratedToken.Builder token =
        GeneratedToken.newBuilder()
            .setId(event.id())
            .setText(event.text())
            .addAllExperts(choices(event.experts(), new float[0][]))
            .setLogprob(event.logprob())
            .setDegraded(event.degraded());
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
        .setDegradedTokens(summary.degradedTokens())
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
      TokenChoices choices = summary.perToken().get(i);
      int position = i;
      RoutedToken.Builder token =
          RoutedToken.newBuilder()
              .setId(prompt[i])
              .setText(piece(prompt[i]))
              .addAllExperts(choices(choices.experts(), choices.weights()));
      summary.gateInputs().ifPresent(inputs -> addInputs(token, inputs, position));
      reply.addRouted(token);
    }
    return reply.build();
  }

  private static void addInputs(RoutedToken.Builder token, GateInputs inputs, int position) {
    for (LayerChoice.Builder choice : token.getExpertsBuilderList()) {
      float[] row = inputs.row(choice.getLayer(), position);
      ByteBuffer bytes =
          ByteBuffer.allocate(row.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(row);
      choice.setInput(ByteString.copyFrom(bytes));
    }
  }

  /**
   * A token's own text; U+FFFD where it is not whole characters, the id where there is no
   * tokenizer.
   */
  String piece(int id) {
    return tokenizer.map(t -> t.piece(id)).orElseGet(() -> Integer.toString(id));
  }

  private List<LayerChoice> choices(int[][] byLayer, float[][] weights) {
    List<LayerChoice> choices = new ArrayList<>(byLayer.length);
    for (int i = 0; i < byLayer.length; i++) {
      LayerChoice.Builder choice = LayerChoice.newBuilder().setLayer(facts.moeLayers().get(i));
      for (int expert : byLayer[i]) {
        choice.addExperts(expert);
      }
      if (weights.length > 0) {
        for (float weight : weights[i]) {
          choice.addWeights(weight);
        }
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
