package dev.switchboard.router.engine;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.tokenizer.IncrementalDecoder;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the engine needs of a model: the trunk here, its experts wherever they are.
 *
 * @param moeLayers indices of the layers that have experts
 * @param experts most experts that a layer has
 * @param expertNames one an expert index, for people
 */
public record EngineModel(
    Trunk trunk,
    ExpertRunner runner,
    Tokenizer tokenizer,
    List<Integer> moeLayers,
    int experts,
    List<String> expertNames) {

  public static EngineModel of(Model model, ExpertRunner runner) {
    int experts = model.moeLayers().stream().mapToInt(model::experts).max().orElse(0);
    List<String> names = IntStream.range(0, experts).mapToObj(model::expertName).toList();
    return new EngineModel(
        model.trunk(), runner, model.tokenizer(), model.moeLayers(), experts, names);
  }

  ForwardPass forwardPass() {
    return new ForwardPass(trunk, runner);
  }

  SequenceState newSequence(long id) {
    return trunk.newSequence(id);
  }

  void release(long id) {
    runner.release(id);
  }

  IncrementalDecoder decoder() {
    return tokenizer.decoder();
  }

  CallCounts noCalls() {
    return new CallCounts(moeLayers.size(), experts);
  }
}
