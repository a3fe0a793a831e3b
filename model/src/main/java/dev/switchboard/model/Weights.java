package dev.switchboard.model;

import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.LinearPlan;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.architecture.NormPlan;
import dev.switchboard.model.architecture.VectorPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.layer.RmsNorm;
import dev.switchboard.model.packcache.PackStore;

/**
 * From a checkpoint's tensors to what layers are made of. Nothing made here needs the file again.
 * An expert's index matters only where a plan's tensors depend on it.
 */
record Weights(Checkpoint checkpoint, PackStore store) {
  /** A small tensor, as floats. */
  float[] floats(String name, long... shape) {
    return taken(checkpoint.tensor(name, shape));
  }

  float[] vector(VectorPlan plan, int expert) {
    long stored = plan.rows().stored();
    long first = plan.vectors() > 0 ? expert * stored : 0;
    float[] all = taken(checkpoint.part(plan.tensorOf(expert), first, stored));
    float[] values = new float[plan.rows().count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = all[plan.rows().stored(i)];
    }
    return values;
  }

  private float[] taken(Tensor part) {
    float[] values = part.toFloats();
    checkpoint.release(part);
    return values;
  }

  Linear linear(LinearPlan plan, int expert) {
    return new Linear(
        matrix(plan.weight(), expert),
        plan.bias().map(bias -> vector(bias, expert)).orElse(new float[0]));
  }

  RmsNorm norm(NormPlan plan) {
    float[] weight = floats(plan.tensor(), plan.width());
    for (int i = 0; i < weight.length; i++) {
      weight[i] += plan.offset();
    }
    return new RmsNorm(weight, plan.eps());
  }

  /** Columns of an expert's activations that share a scale; 0: it takes floats. */
  int activationBlock(FfnPlan plan, int expert) {
    MatrixReader reader = new MatrixReader(checkpoint, store);
    int up = reader.activationBlock(plan.up().weight(), expert);
    boolean agreed =
        plan.gate().map(g -> reader.activationBlock(g.weight(), expert) == up).orElse(true);
    return agreed ? up : 0;
  }

  PackedMatrix matrix(MatrixPlan plan, int expert) {
    return new MatrixReader(checkpoint, store).read(plan, expert);
  }
}
