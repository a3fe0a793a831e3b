package dev.switchboard.model;

import dev.switchboard.model.TrunkLayer.Latent;
import dev.switchboard.model.TrunkLayer.Shared;
import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.moe.Combine;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.moe.MoeOutcome.Lost;
import dev.switchboard.model.moe.Routing;
import dev.switchboard.model.moe.Survivors;
import java.util.List;

/** The feed half of a layer for one step: gate, experts, combine, shared network. */
final class FeedPass {
  private final ExpertRunner experts;
  private final ForwardProbe probe;
  private final int dModel;
  private float[] answers = new float[0];
  private float[] latent = new float[0];
  private float[] shared = new float[0];
  private float[] opening = new float[0];

  private static final Begun DONE =
      new Begun() {
        @Override
        public void finish(Scratch scratch) {}

        @Override
        public void abandon() {}
      };

  FeedPass(ExpertRunner experts, ForwardProbe probe, int dModel) {
    this.experts = experts;
    this.probe = probe;
    this.dModel = dModel;
  }

  /** What a feed reads and what it writes, {@code [rows, dModel]} each. */
  record Way(float[] in, float[] out) {}

  /** A feed that has begun; its output is there after {@link #finish}. */
  interface Begun {
    /** Waits for the experts, and adds everything up. Once, by the thread that began. */
    void finish(Scratch scratch);

    /** Waits for the experts, instead of {@link #finish}: nobody wants their answers. */
    void abandon();
  }

  /** Begins a feed: all that does not depend on what its experts answer. One at a time. */
  Begun start(Step step, int layer, TrunkLayer.Feed feed, Way way, Scratch scratch) {
    return switch (feed) {
      case TrunkLayer.Dense dense -> {
        dense.network().forward(way.in(), 0, step.rows, way.out(), 0, scratch);
        yield DONE;
      }
      case TrunkLayer.Moe moe -> moe(step, layer, moe, way, scratch);
    };
  }

  private Begun moe(Step step, int layer, TrunkLayer.Moe moe, Way way, Scratch scratch) {
    Routing routing = new GatePass(step, layer, probe).route(moe, way.in(), scratch);
    step.record(layer, routing);
    step.keepGateInputs(layer, way.in());
    float[] input = way.in();
    Latent narrow = moe.latent().orElse(null);
    if (narrow != null) {
      latent = grown(latent, step.rows * moe.width());
      narrow.down().forward(way.in(), 0, step.rows, latent, 0, scratch);
      input = latent;
    }
    ExpertRunner.Pending pending = startExperts(step, layer, routing, moe.width(), input);
    boolean begun = false;
    try {
      moe.shared().ifPresent(network -> runShared(step.rows, network, way.in(), scratch));
      begun = true;
    } finally {
      if (!begun) {
        pending.await();
      }
    }
    return new Asked(step, layer, moe, routing, way, pending);
  }

  private final class Asked implements Begun {
    private final Step step;
    private final int layer;
    private final TrunkLayer.Moe moe;
    private final Routing routing;
    private final Way way;
    private final ExpertRunner.Pending pending;

    // size: what a layer needs when its answers come
    Asked(
        Step step,
        int layer,
        TrunkLayer.Moe moe,
        Routing routing,
        Way way,
        ExpertRunner.Pending pending) {
      this.step = step;
      this.layer = layer;
      this.moe = moe;
      this.routing = routing;
      this.way = way;
      this.pending = pending;
    }

    @Override
    public void finish(Scratch scratch) {
      List<Lost> without = step.lose(layer, routing, answers(scratch).lost());
      Routing left =
          without.isEmpty() ? routing : Survivors.of(routing, without, moe.width(), answers);
      combine(step.rows, moe, left, way.out(), scratch);
      probe.experts(layer, way.in(), left, way.out());
    }

    private MoeOutcome answers(Scratch scratch) {
      if (!experts.answersLater()) {
        return pending.await();
      }
      // The cores are for whoever computes the answers.
      scratch.crew().rest();
      MoeOutcome outcome = pending.await();
      scratch.crew().rouse();
      return outcome;
    }

    @Override
    public void abandon() {
      pending.await();
    }
  }

  private void combine(
      int rows, TrunkLayer.Moe moe, Routing routing, float[] out, Scratch scratch) {
    Latent narrow = moe.latent().orElse(null);
    Combine.weightedSum(routing, moe.width(), answers, narrow == null ? out : latent);
    if (narrow != null) {
      narrow.up().forward(latent, 0, rows, out, 0, scratch);
    }
    moe.shared().ifPresent(network -> addShared(rows, network, out));
  }

  private ExpertRunner.Pending startExperts(
      Step step, int layer, Routing routing, int width, float[] in) {
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
    return experts.start(call);
  }

  /** What does not depend on the experts' answers: done while they are on their way. */
  private void runShared(int rows, Shared network, float[] in, Scratch scratch) {
    shared = grown(shared, rows * dModel);
    network.network().forward(in, 0, rows, shared, 0, scratch);
    Linear gate = network.gate().orElse(null);
    if (gate != null) {
      opening = grown(opening, rows);
      gate.forward(in, 0, rows, opening, 0, scratch);
      ElementKernels.sigmoid(opening, 0, rows);
    }
  }

  private void addShared(int rows, Shared network, float[] out) {
    if (network.gate().isEmpty()) {
      Kernels.add(out, 0, shared, 0, rows * dModel);
      return;
    }
    for (int r = 0; r < rows; r++) {
      Kernels.multiplyAdd(opening[r], shared, r * dModel, out, r * dModel, dModel);
    }
  }

  private static float[] grown(float[] buffer, int floats) {
    return buffer.length < floats ? new float[floats] : buffer;
  }
}
