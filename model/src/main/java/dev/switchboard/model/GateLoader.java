package dev.switchboard.model;

import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.architecture.GatePlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.moe.Gate;
import dev.switchboard.model.moe.GateSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Builds gates from a checkpoint. */
record GateLoader(Weights weights) {
  Gate gate(GatePlan gate) {
    int experts = gate.weight().weight().rows().count();
    String bias = gate.correctionBias().orElse(GateArtifact.correctionOf(gate));
    boolean corrected =
        gate.correctionBias().isPresent() || weights.checkpoint().find(bias).isPresent();
    return new Gate(
        weights.linear(gate.weight(), 0),
        gate.decay().isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(weights.floats(gate.decay().get(), 1)[0]),
        corrected ? weights.floats(bias, experts) : new float[0],
        gate.rule());
  }

  /** Those of all layers. */
  GateSet set(String version, ModelPlan plan) {
    List<Optional<Gate>> gates =
        plan.layers().stream()
            .map(layer -> layer.moe().flatMap(FeedPlan.Moe::gate).map(this::gate))
            .toList();
    return new GateSet(version, gates);
  }
}
