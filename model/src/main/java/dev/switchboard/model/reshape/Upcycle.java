package dev.switchboard.model.reshape;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.architecture.Architectures;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.GgufWriter.Item;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.ShardWriter;
import dev.switchboard.model.checkpoint.StagedFolder;
import dev.switchboard.model.gguf.GgufModels;
import dev.switchboard.model.quantise.QuantiseProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A dense model as one with experts (Komatsuzaki et al., "Sparse Upcycling"): each layer's network
 * becomes so many copies, of which a new gate wakes some. Their weights sum to 1, so that the model
 * first answers as the dense one does, and can be trained from there.
 */
public final class Upcycle {
  private Upcycle() {}

  /**
   * Reads a dense model and writes a folder in the Hugging Face form, a tensor at a time. Nothing
   * is seen under its name before all of it is there.
   *
   * @param in a folder in the Hugging Face form, or a GGUF file
   * @param out the folder to make
   * @throws CheckpointException if the model is not sound, or not of a family whose networks can be
   *     experts, or the folder cannot be written
   * @throws IllegalArgumentException if the width does not divide by the granularity
   */
  public static UpcycleReport folder(
      Path in, Path out, UpcycleOptions options, QuantiseProgress progress) {
    try (Checkpoint opened = Checkpoint.open(in)) {
      Checkpoint checkpoint = GgufModels.asFolder(opened);
      ModelPlan plan = Architectures.plan(checkpoint);
      SparseFamily family = SparseFamily.of(plan, in);
      int width = width(plan, options);
      DType dtype = options.dtype().orElseGet(() -> typeOf(plan, checkpoint));
      List<Item> items = SparseTensors.of(checkpoint, plan, family, options, dtype);
      ObjectNode config = SparseConfig.of(plan, checkpoint.config(), family, options, width);
      SparseConfig.typed(config, dtype);
      try (StagedFolder folder = StagedFolder.beside(out)) {
        String note = CarriedFiles.carry(checkpoint, plan, folder.path());
        long bytes =
            ShardWriter.write(folder.path(), counted(items, progress), options.shardBytes());
        JsonFiles.write(folder.path().resolve("config.json"), config);
        check(folder.path());
        folder.commit();
        return new UpcycleReport(
            out,
            family.modelType(),
            plan.layers().size(),
            options.allExperts(),
            options.topK() * options.granularity(),
            width,
            dtype,
            bytes,
            note);
      }
    }
  }

  private static int width(ModelPlan plan, UpcycleOptions options) {
    int dense = SparseFamily.network(plan.layers().getFirst()).intermediate();
    if (dense % options.granularity() != 0) {
      throw new IllegalArgumentException(
          "granularity is %s; expected a divisor of the networks' width, which is %s"
              .formatted(options.granularity(), dense));
    }
    return dense / options.granularity();
  }

  private static DType typeOf(ModelPlan plan, Checkpoint checkpoint) {
    String network = SparseFamily.network(plan.layers().getFirst()).up().weight().tensorOf(0);
    return checkpoint.find(network).map(tensor -> tensor.dtype()).orElse(DType.F32) == DType.BF16
        ? DType.BF16
        : DType.F32;
  }

  /** What was written must be what a reader takes. */
  static void check(Path folder) {
    try (Checkpoint written = Checkpoint.open(folder)) {
      Architectures.plan(written);
    }
  }

  /** With word of each tensor that is done. */
  static List<Item> counted(List<Item> items, QuantiseProgress progress) {
    long all = items.stream().mapToLong(Upcycle::bytes).sum();
    long[] done = {0};
    List<Item> counted = new ArrayList<>();
    for (Item item : items) {
      counted.add(
          new Item(
              item.name(),
              item.dtype(),
              item.shape(),
              sink -> {
                item.content().writeTo(sink);
                done[0] += bytes(item);
                progress.wrote(item.name(), done[0], all);
              }));
    }
    return counted;
  }

  private static long bytes(Item item) {
    return item.dtype().bytes(item.shape().stream().reduce(1L, Math::multiplyExact));
  }
}
