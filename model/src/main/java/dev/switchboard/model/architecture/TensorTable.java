package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.PlanTensors.Wanted;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Compares the tensors that a plan wants with those of a checkpoint. */
final class TensorTable {
  private static final Set<DType> FLOATS = EnumSet.of(DType.F32, DType.BF16, DType.F16);

  /** No arithmetic on these: indices, flags, and sizes beyond a model's needs. */
  private static final Set<DType> NEVER_WEIGHTS =
      EnumSet.of(
          DType.BOOL,
          DType.U8,
          DType.I8,
          DType.F8_E5M2,
          DType.I16,
          DType.U16,
          DType.I32,
          DType.U32,
          DType.F64,
          DType.I64,
          DType.U64);

  private static final int MXFP4_BLOCK = 32;

  private final Checkpoint checkpoint;
  private final Set<String> used = new HashSet<>();

  private TensorTable(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  /**
   * @throws CheckpointException for the first tensor that is missing, misshapen, of a wrong type,
   *     or not wanted
   */
  static void check(List<Wanted> wanted, List<String> ignored, Checkpoint checkpoint) {
    TensorTable table = new TensorTable(checkpoint);
    wanted.forEach(table::check);
    List<Pattern> patterns = ignored.stream().map(Pattern::compile).toList();
    for (String name : checkpoint.names()) {
      if (!table.used.contains(name)
          && patterns.stream().noneMatch(pattern -> pattern.matcher(name).matches())) {
        throw CheckpointException.in(
            checkpoint.fileOf(name),
            "tensor %s has no place in this model; expected exactly the tensors that config.json implies",
            checkpoint.label(name));
      }
    }
  }

  private void check(Wanted want) {
    Optional<Tensor> found = checkpoint.find(want.name());
    if (found.isEmpty() && want.matrix() && checkpoint.find(want.name() + "_blocks").isPresent()) {
      checkMxfp4(want);
      return;
    }
    used.add(want.name());
    Tensor tensor = found.orElseThrow(() -> missing(want.name(), want.shape()));
    boolean typed =
        want.matrix() ? !NEVER_WEIGHTS.contains(tensor.dtype()) : FLOATS.contains(tensor.dtype());
    if (!tensor.shape().equals(want.shape()) || !typed) {
      throw CheckpointException.in(
          checkpoint.fileOf(want.name()),
          "tensor %s is %s of shape %s, expected %s of shape %s",
          checkpoint.label(want.name()),
          tensor.dtype(),
          tensor.shape(),
          want.matrix() ? "weights" : FLOATS,
          want.shape());
    }
    if (tensor.dtype() == DType.F8_E4M3) {
      checkScales(want);
    }
  }

  /** One scale for each block of rows and columns, those at the far edges included. */
  private void checkScales(Wanted want) {
    String name = want.name() + "_scale_inv";
    Fp8Blocks blocks =
        Fp8Blocks.of(checkpoint)
            .orElseThrow(() ->
                CheckpointException.in(
                    checkpoint.fileOf(want.name()),
                    "tensor %s is F8_E4M3, but config.json has no quantization_config with quant_method fp8 and weight_block_size",
                    want.name()));
    List<Long> shape = new ArrayList<>(want.shape());
    int last = shape.size() - 1;
    shape.set(last - 1, Fp8Blocks.along(shape.get(last - 1), blocks.rows()));
    shape.set(last, Fp8Blocks.along(shape.get(last), blocks.columns()));
    used.add(name);
    Tensor scales = checkpoint.find(name).orElseThrow(() -> missing(name, shape));
    if (!scales.shape().equals(shape) || !FLOATS.contains(scales.dtype())) {
      throw CheckpointException.in(
          checkpoint.fileOf(name),
          "tensor %s is %s of shape %s, expected %s of shape %s",
          name,
          scales.dtype(),
          scales.shape(),
          FLOATS,
          shape);
    }
  }

  private CheckpointException missing(String name, List<Long> shape) {
    return CheckpointException.in(
        checkpoint.fileOf(name), "tensor %s is missing; expected it with shape %s", name, shape);
  }

  /**
   * Blocks {@code [.., rows, columns / 32, 16]} of bytes, scales {@code [.., rows, columns / 32]}.
   */
  private void checkMxfp4(Wanted want) {
    List<Long> shape = new ArrayList<>(want.shape());
    int last = shape.size() - 1;
    if (want.transposed()) {
      long columns = shape.get(last - 1);
      shape.set(last - 1, shape.get(last));
      shape.set(last, columns);
    }
    if (shape.get(last) % MXFP4_BLOCK != 0) {
      throw CheckpointException.in(
          checkpoint.fileOf(want.name() + "_blocks"),
          "tensor %s_blocks holds rows of %s weights; expected a multiple of %s",
          want.name(),
          shape.get(last),
          MXFP4_BLOCK);
    }
    shape.set(last, shape.get(last) / MXFP4_BLOCK);
    bytes(want.name() + "_scales", shape);
    shape.add((long) MXFP4_BLOCK / 2);
    bytes(want.name() + "_blocks", shape);
  }

  private void bytes(String name, List<Long> shape) {
    used.add(name);
    Tensor tensor =
        checkpoint
            .find(name)
            .orElseThrow(() ->
                CheckpointException.in(
                    checkpoint.fileOf(name),
                    "tensor %s is missing; expected U8 of shape %s",
                    name,
                    shape));
    if (tensor.dtype() != DType.U8 || !tensor.shape().equals(shape)) {
      throw CheckpointException.in(
          checkpoint.fileOf(name),
          "tensor %s is %s of shape %s, expected U8 of shape %s",
          name,
          tensor.dtype(),
          tensor.shape(),
          shape);
    }
  }
}
