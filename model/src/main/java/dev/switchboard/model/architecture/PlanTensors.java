package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All tensors that a plan reads, with their shapes: to check a checkpoint, to say sizes, and to
 * know what one expert needs.
 */
public final class PlanTensors {
  /**
   * One tensor of a plan.
   *
   * @param matrix whether it may be of any type of weights; otherwise it is a small one of floats
   * @param transposed whether the last two extents of a matrix stand the other way round
   */
  public record Wanted(String name, List<Long> shape, boolean matrix, boolean transposed) {}

  private final Map<String, Wanted> wanted = new LinkedHashMap<>();

  private PlanTensors() {}

  /** Of a whole model. */
  public static List<Wanted> of(ModelPlan plan) {
    PlanTensors tensors = new PlanTensors();
    tensors.trunk(plan);
    for (LayerPlan layer : plan.layers()) {
      layer
          .moe()
          .ifPresent(moe -> {
            int known = -1;
            for (int e = 0; e < moe.experts() && known != tensors.wanted.size(); e++) {
              // Those whose experts share their tensors are known after the first two.
              known = e == 0 ? -1 : tensors.wanted.size();
              tensors.expert(moe.expert(), e);
            }
          });
    }
    return List.copyOf(tensors.wanted.values());
  }

  /** Of all but the experts. */
  public static List<Wanted> ofTrunk(ModelPlan plan) {
    PlanTensors tensors = new PlanTensors();
    tensors.trunk(plan);
    return List.copyOf(tensors.wanted.values());
  }

  /** Of one expert; a tensor that it shares with others is named whole. */
  public static List<Wanted> ofExpert(FeedPlan.Moe moe, int expert) {
    PlanTensors tensors = new PlanTensors();
    tensors.expert(moe.expert(), expert);
    return List.copyOf(tensors.wanted.values());
  }

  /** Of one gate. */
  static List<Wanted> ofGate(GatePlan gate) {
    PlanTensors tensors = new PlanTensors();
    tensors.gate(gate);
    return List.copyOf(tensors.wanted.values());
  }

  /**
   * Compares with what is there.
   *
   * @throws dev.switchboard.model.checkpoint.CheckpointException for the first tensor that is
   *     missing, misshapen, of a wrong type, or not wanted
   */
  static void check(ModelPlan plan, Checkpoint checkpoint) {
    TensorTable.check(of(plan), plan.ignoredTensors(), checkpoint);
  }

  private void trunk(ModelPlan plan) {
    matrix(plan.embedding(), 0);
    linear(plan.head(), 0);
    norm(plan.finalNorm());
    for (LayerPlan layer : plan.layers()) {
      layer
          .mixer()
          .ifPresent(branch -> {
            norms(branch);
            mixer(branch.block());
          });
      layer
          .feed()
          .ifPresent(branch -> {
            norms(branch);
            feed(branch.block());
          });
    }
  }

  private void norms(Branch<?> branch) {
    norm(branch.norm());
    branch.after().ifPresent(this::norm);
  }

  private void mixer(MixerPlan mixer) {
    switch (mixer) {
      case MixerPlan.Mamba2 mamba -> mamba2(mamba);
      case MixerPlan.Mamba1 mamba -> mamba1(mamba);
      case MixerPlan.Attention attention -> attention(attention);
      case MixerPlan.LatentAttention latent -> latentAttention(latent);
    }
  }

  private void mamba2(MixerPlan.Mamba2 mamba) {
    linear(mamba.in(), 0);
    floats(mamba.prefix() + "conv1d.weight", mamba.channels(), 1, mamba.convKernel());
    if (mamba.convBias()) {
      floats(mamba.prefix() + "conv1d.bias", mamba.channels());
    }
    scan(mamba.prefix(), mamba.decay(), mamba.scan().heads(), mamba.scan().inner());
    linear(mamba.out(), 0);
  }

  private void scan(String prefix, MixerPlan.Decay decay, int heads, int inner) {
    for (String name : List.of(decay.tensor(), "D", "dt_bias")) {
      floats(prefix + name, heads);
    }
    floats(prefix + "norm.weight", inner);
  }

  private void mamba1(MixerPlan.Mamba1 mamba) {
    int inner = mamba.sizes().inner();
    linear(mamba.in(), 0);
    floats(mamba.prefix() + "conv1d.weight", inner, 1, mamba.sizes().convKernel());
    if (mamba.convBias()) {
      floats(mamba.prefix() + "conv1d.bias", inner);
    }
    linear(mamba.steps(), 0);
    linear(mamba.stepProjection(), 0);
    floats(mamba.prefix() + mamba.decay().tensor(), inner, mamba.sizes().stateSize());
    floats(mamba.prefix() + "D", inner);
    linear(mamba.out(), 0);
    mamba
        .norms()
        .ifPresent(norms -> {
          norm(norms.dt());
          norm(norms.b());
          norm(norms.c());
        });
  }

  private void attention(MixerPlan.Attention attention) {
    linear(attention.q(), 0);
    linear(attention.k(), 0);
    linear(attention.v(), 0);
    linear(attention.out(), 0);
    attention
        .norms()
        .ifPresent(norms -> {
          norm(norms.q());
          norm(norms.k());
        });
    attention.sinks().ifPresent(name -> floats(name, attention.heads().query()));
  }

  private void latentAttention(MixerPlan.LatentAttention latent) {
    latent
        .queryDown()
        .ifPresent(down -> {
          linear(down.projection(), 0);
          norm(down.norm());
        });
    linear(latent.query(), 0);
    linear(latent.latentDown(), 0);
    norm(latent.latentNorm());
    matrix(latent.latentUp(), 0);
    linear(latent.out(), 0);
  }

  private void feed(FeedPlan feed) {
    switch (feed) {
      case FeedPlan.Dense dense -> ffn(dense.network(), 0);
      case FeedPlan.Moe moe -> {
        moe.gate().ifPresent(this::gate);
        moe.shared()
            .ifPresent(shared -> {
              ffn(shared.network(), 0);
              shared.gate().ifPresent(gate -> linear(gate, 0));
            });
        moe.latent()
            .ifPresent(latent -> {
              linear(latent.down(), 0);
              linear(latent.up(), 0);
            });
      }
    }
  }

  private void gate(GatePlan gate) {
    linear(gate.weight(), 0);
    gate.decay().ifPresent(name -> floats(name, 1));
    gate.correctionBias().ifPresent(name -> floats(name, gate.weight().weight().rows().count()));
  }

  private void expert(ExpertPlan expert, int index) {
    switch (expert) {
      case ExpertPlan.Ffn ffn -> ffn(ffn.network(), index);
      case ExpertPlan.Mamba mamba -> {
        String prefix = mamba.prefix(index);
        put(prefix + "in_proj.weight", true, false, mamba.projected(), mamba.dModel());
        scan(prefix, MixerPlan.Decay.LOGARITHMS, mamba.heads(), mamba.inner());
        put(prefix + "out_proj.weight", true, false, mamba.dModel(), mamba.inner());
      }
    }
  }

  private void ffn(FfnPlan network, int index) {
    network.gate().ifPresent(gate -> linear(gate, index));
    linear(network.up(), index);
    linear(network.down(), index);
  }

  private void norm(NormPlan norm) {
    floats(norm.tensor(), norm.width());
  }

  private void linear(LinearPlan linear, int index) {
    matrix(linear.weight(), index);
    Optional<VectorPlan> bias = linear.bias();
    bias.ifPresent(vector -> {
      List<Long> shape = new ArrayList<>();
      if (vector.vectors() > 0) {
        shape.add((long) vector.vectors());
      }
      shape.add((long) vector.rows().stored());
      put(new Wanted(vector.tensorOf(index), List.copyOf(shape), false, false));
    });
  }

  private void matrix(MatrixPlan matrix, int index) {
    List<Long> shape = new ArrayList<>();
    if (matrix.matrices() > 0) {
      shape.add((long) matrix.matrices());
    }
    long rows = matrix.rows().stored();
    shape.add(matrix.transposed() ? matrix.columns() : rows);
    shape.add(matrix.transposed() ? rows : matrix.columns());
    put(new Wanted(matrix.tensorOf(index), List.copyOf(shape), true, matrix.transposed()));
  }

  private void floats(String name, long... shape) {
    put(name, false, false, shape);
  }

  private void put(String name, boolean matrix, boolean transposed, long... shape) {
    List<Long> extents = new ArrayList<>();
    for (long extent : shape) {
      extents.add(extent);
    }
    put(new Wanted(name, List.copyOf(extents), matrix, transposed));
  }

  private void put(Wanted tensor) {
    wanted.putIfAbsent(tensor.name(), tensor);
  }
}
