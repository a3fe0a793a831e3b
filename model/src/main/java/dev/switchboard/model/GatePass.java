package dev.switchboard.model;

import dev.switchboard.model.GateRuns.GateRun;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.moe.Gate;
import dev.switchboard.model.moe.Routing;

/**
 * Whom the rows of a step wake in one layer: each by the gates of its own sequence. Neighbours with
 * the same gates are asked for together; a row's choice does not depend on who is.
 */
record GatePass(Step step, int layer, ForwardProbe probe) {
  /** The choices of all rows; what shadows would have chosen is recorded. */
  Routing route(TrunkLayer.Moe moe, float[] in, Scratch scratch) {
    if (moe.gate().isEmpty()) {
      return Routing.single(step.rows);
    }
    GateRuns runs = step.gateRuns();
    Routing routing = Routing.empty(step.rows, moe.topK());
    float[][] memories = step.gateMemories(layer);
    for (GateRun run : runs.active()) {
      Gate gate = run.gate(layer);
      float[] logits = gate.logits(in, run.rows(), memories, scratch);
      if (runs.active().size() == 1) {
        probe.gate(layer, logits, step.rows, gate.experts());
      }
      gate.choose(logits, run.rows(), runs.masks(), routing, scratch);
    }
    if (!runs.shadows().isEmpty()) {
      shadow(runs, moe.topK(), in, scratch);
    }
    return routing;
  }

  private void shadow(GateRuns runs, int topK, float[] in, Scratch scratch) {
    Routing routing = Routing.empty(step.rows, topK);
    float[][] memories = step.shadowMemories(layer);
    for (GateRun run : runs.shadows()) {
      Gate gate = run.gate(layer);
      float[] logits = gate.logits(in, run.rows(), memories, scratch);
      gate.choose(logits, run.rows(), runs.masks(), routing, scratch);
    }
    step.recordShadow(layer, routing);
  }
}
