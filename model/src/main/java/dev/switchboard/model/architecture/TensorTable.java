package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/** The tensors that a plan wants, each with its shape and the types it may have. */
final class TensorTable {
  private record Wanted(List<Long> shape, Set<DType> dtypes) {}

  private final Map<String, Wanted> wanted = new LinkedHashMap<>();

  /** A large matrix: BF16 or F32. */
  void matrix(String name, long rows, long columns) {
    put(name, EnumSet.of(DType.BF16, DType.F32), rows, columns);
  }

  /** A small tensor that is always F32. */
  void exact(String name, long... shape) {
    put(name, EnumSet.of(DType.F32), shape);
  }

  private void put(String name, Set<DType> dtypes, long... shape) {
    wanted.put(name, new Wanted(LongStream.of(shape).boxed().toList(), dtypes));
  }

  /**
   * Compares with what is there.
   *
   * @throws CheckpointException for the first tensor that is missing, misshapen, of a wrong type,
   *     or not wanted
   */
  void check(Checkpoint checkpoint) {
    wanted.forEach((name, want) -> check(checkpoint, name, want));
    for (String name : checkpoint.names()) {
      if (!wanted.containsKey(name)) {
        throw CheckpointException.in(
            checkpoint.fileOf(name),
            "tensor %s has no place in this model; expected exactly the tensors that config.json implies",
            name);
      }
    }
  }

  private static void check(Checkpoint checkpoint, String name, Wanted want) {
    Tensor found =
        checkpoint
            .find(name)
            .orElseThrow(() ->
                CheckpointException.in(
                    checkpoint.fileOf(name),
                    "tensor %s is missing; expected %s of shape %s",
                    name,
                    want.dtypes(),
                    want.shape()));
    if (!found.shape().equals(want.shape()) || !want.dtypes().contains(found.dtype())) {
      throw CheckpointException.in(
          checkpoint.fileOf(name),
          "tensor %s is %s of shape %s, expected %s of shape %s",
          name,
          found.dtype(),
          found.shape(),
          want.dtypes(),
          want.shape());
    }
  }
}
