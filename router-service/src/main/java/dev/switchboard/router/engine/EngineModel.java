package dev.switchboard.router.engine;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.ForwardProbe;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What the engine needs of a model: the trunk here, its experts wherever they are.
 *
 * @param tokenizer empty: ids are its text
 * @param moeLayers indices of the layers that have experts
 * @param experts most experts that a layer has
 * @param expertNames one an expert index, for people
 * @param crew led by the engine's thread
 */
public record EngineModel(
    Trunk trunk,
    ExpertRunner runner,
    Optional<Tokenizer> tokenizer,
    List<Integer> moeLayers,
    int experts,
    List<String> expertNames,
    Crew crew) {
  /** Requests know no tenants yet: all share what they have in common. */
  private static final String EVERYBODY = "";

  public static EngineModel of(Model model, ExpertRunner runner, Crew crew) {
    int experts = model.moeLayers().stream().mapToInt(model::experts).max().orElse(0);
    List<String> names = IntStream.range(0, experts).mapToObj(model::expertName).toList();
    return new EngineModel(
        model.trunk(), runner, tokenizer(model), model.moeLayers(), experts, names, crew);
  }

  ForwardPass forwardPass() {
    return new ForwardPass(trunk, runner, ForwardProbe.NONE, crew);
  }

  /**
   * A sequence for the request's prompt. Where every position is to be reported it begins at the
   * first; otherwise it may be as far as others who began alike have come.
   */
  SequenceState newSequence(long id, EngineRequest request) {
    boolean allPositions =
        switch (request.work()) {
          case Work.Generate generate -> generate.spec().report().promptLogits();
          case Work.Route route -> true;
        };
    return allPositions
        ? trunk.newSequence(id, request.prompt().length)
        : trunk.newSequence(id, request.prompt(), EVERYBODY);
  }

  /** Most that a request's keys and values can take. */
  long memoryBytes(EngineRequest request) {
    int newTokens =
        switch (request.work()) {
          case Work.Generate generate -> generate.spec().maxTokens();
          case Work.Route route -> 0;
        };
    return trunk.kvCache().bytesFor((long) request.prompt().length + newTokens);
  }

  void release(long id) {
    runner.release(id);
  }

  /** The model's tokenizer, if its files bring one. */
  public static Optional<Tokenizer> tokenizer(Model model) {
    return model.hasTokenizer() ? Optional.of(model.tokenizer()) : Optional.empty();
  }

  /** For the text of what follows a prompt: one without any text begins a document. */
  TokenText newText(int[] prompt) {
    return tokenizer
        .map(t -> TokenText.of(t.decoder(IntStream.of(prompt).anyMatch(t::hasText))))
        .orElseGet(TokenText::ofIds);
  }

  CallCounts noCalls() {
    return new CallCounts(moeLayers.size(), experts);
  }
}
