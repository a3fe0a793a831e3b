package dev.switchboard.model.reshape;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.architecture.Architectures;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufWriter.Item;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.ShardWriter;
import dev.switchboard.model.checkpoint.StagedFolder;
import dev.switchboard.model.quantise.QuantiseProgress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A model with fewer experts, of any family that is read from Hugging Face folders: the least used
 * go, or become one with those that are like them (Li et al., "Merge, Then Compress"). The gate's
 * rows go with them; it is worth training it again afterwards.
 */
public final class Trim {
  private static final List<String> COUNTS =
      List.of("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts");

  private Trim() {}

  /** What is to become of a model's experts. */
  public sealed interface Aim {
    /** Experts of each layer that there are to be. */
    int experts();
  }

  /** The most used stay. */
  public record Keep(int experts) implements Aim {}

  /**
   * All have a part in what stays.
   *
   * @param align whether the units of experts that become one are first laid over each other
   */
  public record Merge(int experts, boolean align) implements Aim {}

  /**
   * Reads a model and writes a folder, a tensor at a time. Nothing is seen under its name before
   * all of it is there.
   *
   * @param use of the model's experts
   * @throws CheckpointException if the model is not sound, its experts cannot be so few, or the
   *     folder cannot be written
   */
  public static TrimReport folder(
      Path in, Path out, ExpertUse use, Aim aim, QuantiseProgress progress) {
    try (Checkpoint model = Checkpoint.open(in)) {
      if (model.gguf().isPresent()) {
        throw CheckpointException.in(
            in, "is a GGUF file; experts are removed from folders in the Hugging Face form");
      }
      ModelPlan plan = Architectures.plan(model);
      if (plan.moeLayers().isEmpty()) {
        throw CheckpointException.in(in, "has no experts");
      }
      boolean align = aim instanceof Merge merge && merge.align();
      Grouping grouping =
          switch (aim) {
            case Keep keep -> Grouping.kept(model, plan, use, keep.experts());
            case Merge merge -> Grouping.merged(model, plan, use, merge.experts());
          };
      List<Item> items = TrimmedTensors.of(model, plan, grouping, align);
      try (StagedFolder folder = StagedFolder.beside(out)) {
        CarriedFiles.carry(model, plan, folder.path());
        long bytes =
            ShardWriter.write(
                folder.path(), Upcycle.counted(items, progress), ShardWriter.DEFAULT_BYTES);
        JsonFiles.write(folder.path().resolve("config.json"), config(model, plan, grouping));
        check(folder.path(), aim.experts());
        folder.commit();
        int before = Grouping.moe(plan, plan.moeLayers().getFirst()).experts();
        return new TrimReport(
            out, before, aim.experts(), made(grouping), share(grouping, use), bytes);
      }
    }
  }

  private static JsonNode config(Checkpoint model, ModelPlan plan, Grouping grouping) {
    ObjectNode config = (ObjectNode) model.config().deepCopy();
    List<Grouping.Group> first = grouping.byLayer().values().iterator().next();
    for (String key : COUNTS) {
      if (config.path(key).isNumber()) {
        config.put(key, first.size());
      }
    }
    if (Grouping.uniform(plan)) {
      ArrayNode names = config.putArray("expert_names");
      for (Grouping.Group group : first) {
        names.add(
            String.join(
                "+",
                Arrays.stream(group.members()).mapToObj(e -> plan.expertNames().get(e)).toList()));
      }
    }
    return config;
  }

  /** What was written must be what a reader takes. */
  private static void check(Path folder, int experts) {
    try (Checkpoint written = Checkpoint.open(folder)) {
      ModelPlan plan = Architectures.plan(written);
      for (int layer : plan.moeLayers()) {
        if (Grouping.moe(plan, layer).experts() != experts) {
          throw CheckpointException.in(
              folder, "config.json names the number of experts by a key that is not known");
        }
      }
    }
  }

  private static Map<Integer, List<int[]>> made(Grouping grouping) {
    Map<Integer, List<int[]>> made = new TreeMap<>();
    grouping
        .byLayer()
        .forEach((layer, groups) ->
            made.put(layer, groups.stream().map(Grouping.Group::members).toList()));
    return made;
  }

  private static double share(Grouping grouping, ExpertUse use) {
    long all = 0;
    long kept = 0;
    for (Map.Entry<Integer, long[]> layer : use.tokens().entrySet()) {
      all += Arrays.stream(layer.getValue()).sum();
      for (Grouping.Group group : grouping.byLayer().getOrDefault(layer.getKey(), List.of())) {
        kept += layer.getValue()[group.head()];
      }
    }
    return all == 0 ? 0 : (double) kept / all;
  }
}
