package dev.switchboard.model;

import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.PlanTensors;
import dev.switchboard.model.architecture.PlanTensors.Wanted;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.kernel.KvShape;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the parts of a model weigh, from its plan and the table of its tensors; nothing is loaded.
 * Packed weights take what the file's do, give or take some padding.
 *
 * @param total of all tensors that take part, each counted once
 * @param trunk of all but the experts
 * @param experts of one expert, by layer; layers without experts are left out
 * @param dtypes of all tensors that take part, by their type
 * @param activeParameters that one token meets
 * @param keyValueBytesPerToken what attention keeps of a token
 * @param stateBytes what recurrent layers and remembering gates keep of a sequence
 */
public record ModelSizes(
    Size total,
    Size trunk,
    Map<Integer, Size> experts,
    Map<String, Size> dtypes,
    long activeParameters,
    long keyValueBytesPerToken,
    long stateBytes) {
  private static final String MXFP4_BLOCKS = "_blocks";
  private static final String MXFP4_SCALES = "_scales";
  private static final String FP8_SCALES = "_scale_inv";

  /**
   * @param bytes in the files
   */
  public record Size(long parameters, long bytes) {
    static final Size NONE = new Size(0, 0);

    Size plus(Size other) {
      return new Size(parameters + other.parameters, bytes + other.bytes);
    }

    Size share(int parts) {
      return new Size(parameters / parts, bytes / parts);
    }
  }

  static ModelSizes of(ModelPlan plan, Checkpoint checkpoint) {
    Map<String, Size> dtypes = new TreeMap<>();
    Size total = Size.NONE;
    for (Wanted tensor : PlanTensors.of(plan)) {
      Size size = sizeOf(tensor, checkpoint);
      total = total.plus(size);
      dtypes.merge(dtypeOf(tensor, checkpoint), size, Size::plus);
    }
    Size trunk = sum(PlanTensors.ofTrunk(plan), checkpoint);
    Map<Integer, Size> experts = new TreeMap<>();
    long active = trunk.parameters();
    for (int layer : plan.moeLayers()) {
      FeedPlan.Moe moe = plan.layers().get(layer).moe().orElseThrow();
      Size one = expert(moe, checkpoint);
      experts.put(layer, one);
      active += moe.topK() * one.parameters();
    }
    return new ModelSizes(
        total, trunk, experts, dtypes, active, keyValueBytesPerToken(plan), stateBytes(plan));
  }

  /** One expert; its share of tensors that hold all of a layer. */
  private static Size expert(FeedPlan.Moe moe, Checkpoint checkpoint) {
    List<Wanted> first = PlanTensors.ofExpert(moe, 0);
    if (moe.experts() == 1) {
      return sum(first, checkpoint);
    }
    List<String> second =
        PlanTensors.ofExpert(moe, 1).stream().map(tensor -> tensor.name()).toList();
    Size sum = Size.NONE;
    for (Wanted tensor : first) {
      Size size = sizeOf(tensor, checkpoint);
      sum = sum.plus(second.contains(tensor.name()) ? size.share(moe.experts()) : size);
    }
    return sum;
  }

  private static Size sum(List<Wanted> tensors, Checkpoint checkpoint) {
    return tensors.stream().map(tensor -> sizeOf(tensor, checkpoint)).reduce(Size.NONE, Size::plus);
  }

  private static Size sizeOf(Wanted tensor, Checkpoint checkpoint) {
    long parameters = tensor.shape().stream().reduce(1L, Math::multiplyExact);
    long bytes = 0;
    for (String name :
        List.of(
            tensor.name(),
            tensor.name() + MXFP4_BLOCKS,
            tensor.name() + MXFP4_SCALES,
            tensor.name() + FP8_SCALES)) {
      bytes += checkpoint.find(name).map(ModelSizes::bytes).orElse(0L);
    }
    return new Size(parameters, bytes);
  }

  private static long bytes(Tensor tensor) {
    return tensor.dtype().bytes(tensor.elements());
  }

  private static String dtypeOf(Wanted tensor, Checkpoint checkpoint) {
    return checkpoint.find(tensor.name()).map(Tensor::dtype).orElse(DType.MXFP4).name();
  }

  private static long keyValueBytesPerToken(ModelPlan plan) {
    long blocks = 0;
    for (LayerPlan layer : plan.layers()) {
      blocks += layer.mixer().map(branch -> kept(branch.block()).blockBytes()).orElse(0L);
    }
    return blocks / KvShape.BLOCK_KEYS;
  }

  private static KvShape kept(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Attention attention ->
          new KvShape(
              attention.heads().keyValue(),
              attention.heads().dim(),
              attention.heads().dim(),
              false);
      case MixerPlan.LatentAttention latent ->
          new KvShape(
              1,
              latent.heads().latentRank() + latent.heads().rope(),
              latent.heads().latentRank(),
              true);
      case MixerPlan.Mamba1 mamba -> KvShape.NONE;
      case MixerPlan.Mamba2 mamba -> KvShape.NONE;
    };
  }

  private static long stateBytes(ModelPlan plan) {
    long floats = 0;
    for (LayerPlan layer : plan.layers()) {
      floats += layer.mixer().map(branch -> stateFloats(branch.block())).orElse(0L);
      floats += layer.moe().map(ModelSizes::gateFloats).orElse(0L);
    }
    return floats * Float.BYTES;
  }

  private static long stateFloats(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Mamba1 mamba ->
          (long) mamba.sizes().inner()
              * (mamba.sizes().convKernel() - 1 + mamba.sizes().stateSize());
      case MixerPlan.Mamba2 mamba ->
          (long) mamba.channels() * (mamba.convKernel() - 1)
              + (long) mamba.scan().inner() * mamba.scan().stateSize();
      case MixerPlan.Attention attention -> 0;
      case MixerPlan.LatentAttention latent -> 0;
    };
  }

  private static long gateFloats(FeedPlan.Moe moe) {
    boolean remembers = moe.gate().flatMap(gate -> gate.decay()).isPresent();
    return remembers ? moe.experts() : 0;
  }
}
