package dev.switchboard.model;

import dev.switchboard.model.TrunkLayer.Latent;
import dev.switchboard.model.TrunkLayer.Shared;
import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.moe.Combine;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.Gate;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.moe.Routing;

/** The feed half of a layer for one step: gate, experts, combine, shared network. */
final class FeedPass {
  private final ExpertRunner experts;
  private final ForwardProbe probe;
  private final int dModel;
  private float[] answers = new float[0];
  private float[] latent = new float[0];
  private float[] shared = new float[0];

  FeedPass(ExpertRunner experts, ForwardProbe probe, int dModel) {
    this.experts = experts;
    this.probe = probe;
    this.dModel = dModel;
  }

  /** What a feed reads and what it writes, {@code [rows, dModel]} each. */
  record Way(float[] in, float[] out) {}

  void run(Step step, int layer, TrunkLayer.Feed feed, Way way, Scratch scratch) {
    switch (feed) {
      case TrunkLayer.Dense dense ->
          dense.network().forward(way.in(), 0, step.rows, way.out(), 0, scratch);
      case TrunkLayer.Moe moe -> moe(step, layer, moe, way, scratch);
    }
  }

  private void moe(Step step, int layer, TrunkLayer.Moe moe, Way way, Scratch scratch) {
    float[] in = way.in();
    float[] out = way.out();
    Routing routing = route(step, layer, moe, in, scratch);
    step.record(layer, routing);
    Latent narrow = moe.latent().orElse(null);
    if (narrow == null) {
      runExperts(step, layer, routing, moe.width(), in);
      Combine.weightedSum(routing, dModel, answers, out);
    } else {
      latent = grown(latent, step.rows * moe.width());
      narrow.down().forward(in, 0, step.rows, latent, 0, scratch);
      runExperts(step, layer, routing, moe.width(), latent);
      Combine.weightedSum(routing, moe.width(), answers, latent);
      narrow.up().forward(latent, 0, step.rows, out, 0, scratch);
    }
    moe.shared().ifPresent(network -> addShared(step.rows, network, in, out, scratch));
    probe.experts(layer, in, routing, out);
  }

  private Routing route(Step step, int layer, TrunkLayer.Moe moe, float[] in, Scratch scratch) {
    Gate gate = moe.gate().orElse(null);
    if (gate == null) {
      return Routing.single(step.rows);
    }
    float[] logits =
        gate.logits(in, step.starts, step.segments.size(), step.gateMemories(layer), scratch);
    probe.gate(layer, logits, step.rows, gate.experts());
    return gate.choose(logits, step.rows, scratch);
  }

  private void runExperts(Step step, int layer, Routing routing, int width, float[] in) {
    answers = grown(answers, Math.multiplyExact(step.rows * routing.topK(), width));
    MoeCall call =
        new MoeCall(
            layer,
            step.rows,
            width,
            in,
            routing,
            step.sequenceOfRow,
            step.positionOfRow,
            step.dead,
            answers);
    MoeOutcome outcome = experts.run(call);
    step.lose(layer, outcome.lost());
  }

  private void addShared(int rows, Shared network, float[] in, float[] out, Scratch scratch) {
    shared = grown(shared, rows * dModel);
    network.network().forward(in, 0, rows, shared, 0, scratch);
    Linear gate = network.gate().orElse(null);
    if (gate == null) {
      Kernels.add(out, 0, shared, 0, rows * dModel);
      return;
    }
    float[] opening = scratch.floats(Slot.GATE_LOGITS, rows);
    gate.forward(in, 0, rows, opening, 0, scratch);
    ElementKernels.sigmoid(opening, 0, rows);
    for (int r = 0; r < rows; r++) {
      Kernels.multiplyAdd(opening[r], shared, r * dModel, out, r * dModel, dModel);
    }
  }

  private static float[] grown(float[] buffer, int floats) {
    return buffer.length < floats ? new float[floats] : buffer;
  }
}
