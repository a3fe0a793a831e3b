package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;

/** A remembering gate forgets at least a little: its decay lies in [0, 1). */
final class GateDecay {
  private GateDecay() {}

  static void check(Checkpoint checkpoint, ModelPlan plan) {
    for (LayerPlan layer : plan.layers()) {
      layer
          .moe()
          .flatMap(FeedPlan.Moe::gate)
          .flatMap(GatePlan::decay)
          .ifPresent(name -> check(checkpoint, name));
    }
  }

  private static void check(Checkpoint checkpoint, String name) {
    float decay = checkpoint.tensor(name, 1).toFloats()[0];
    if (!(decay >= 0 && decay < 1)) {
      throw CheckpointException.in(
          checkpoint.fileOf(name),
          "tensor %s is %s; expected at least 0 and less than 1",
          name,
          decay);
    }
  }
}
