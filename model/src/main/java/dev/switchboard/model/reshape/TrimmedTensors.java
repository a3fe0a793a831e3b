package dev.switchboard.model.reshape;

import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.GatePlan;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.PlanTensors;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.GgufWriter.Item;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tensors of a model with fewer experts: those of the trunk as they lie in its files. */
final class TrimmedTensors {
  /** Published low-precision forms have several tensors for one. */
  private static final List<String> FORMS = List.of("", "_scale_inv", "_blocks", "_scales");

  private final Checkpoint model;
  private final Set<String> replaced = new HashSet<>();
  private final List<Item> items = new ArrayList<>();

  private TrimmedTensors(Checkpoint model) {
    this.model = model;
  }

  /**
   * @param align how experts that become one are laid over each other; not looked at where none do
   */
  static List<Item> of(Checkpoint model, ModelPlan plan, Grouping grouping, boolean align) {
    TrimmedTensors tensors = new TrimmedTensors(model);
    for (Map.Entry<Integer, List<Grouping.Group>> layer : grouping.byLayer().entrySet()) {
      FeedPlan.Moe moe = Grouping.moe(plan, layer.getKey());
      tensors.gate(moe, layer.getValue());
      if (layer.getValue().stream().allMatch(group -> group.members().length == 1)) {
        tensors.kept(moe, layer.getValue().stream().mapToInt(Grouping.Group::head).toArray());
      } else {
        tensors.merged(new MergedExperts(model, moe, layer.getValue(), align));
      }
    }
    for (String name : model.names()) {
      if (!tensors.replaced.contains(name)) {
        tensors.items.add(Item.of(model.find(name).orElseThrow().named(name)));
      }
    }
    return tensors.items;
  }

  private void gate(FeedPlan.Moe moe, List<Grouping.Group> groups) {
    GatePlan gate = moe.gate().orElseThrow();
    MatrixPlan weight = gate.weight().weight();
    if (weight.transposed() || weight.matrices() > 0 || weight.rows().stored() != moe.experts()) {
      throw CheckpointException.in(
          model.fileOf(weight.tensor()), "gate %s is not one row an expert", weight.tensor());
    }
    rows(weight.tensor(), groups);
    gate.weight().bias().ifPresent(bias -> rows(bias.tensor(), groups));
    gate.correctionBias().ifPresent(bias -> rows(bias, groups));
  }

  /** Each group's mean of its members' rows. */
  private void rows(String name, List<Grouping.Group> groups) {
    replaced.add(name);
    Tensor tensor = model.find(name).orElseThrow();
    int width = tensor.dim(0) == 0 ? 0 : (int) (tensor.elements() / tensor.dim(0));
    float[] stored = model.part(name, 0, tensor.elements()).toFloats();
    float[] values = new float[groups.size() * width];
    for (int g = 0; g < groups.size(); g++) {
      Grouping.Group group = groups.get(g);
      for (int m = 0; m < group.members().length; m++) {
        for (int i = 0; i < width; i++) {
          values[g * width + i] +=
              (float) (group.shares()[m] * stored[group.members()[m] * width + i]);
        }
      }
    }
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    shape[0] = groups.size();
    DType dtype = tensor.dtype() == DType.BF16 ? DType.BF16 : DType.F32;
    items.add(Item.of(SafetensorsWriter.of(name, dtype, shape, values)));
  }

  /** Bytes as they are, by whichever name or place an expert has. */
  private void kept(FeedPlan.Moe moe, int[] experts) {
    List<String> first = names(moe, 0);
    List<String> second = names(moe, 1);
    for (int i = 0; i < first.size(); i++) {
      for (String form : FORMS) {
        if (model.find(first.get(i) + form).isPresent()) {
          if (first.get(i).equals(second.get(i))) {
            stacked(first.get(i) + form, moe.experts(), experts);
          } else {
            single(moe, i, form, experts);
          }
        }
      }
    }
  }

  private static List<String> names(FeedPlan.Moe moe, int expert) {
    return PlanTensors.ofExpert(moe, Math.min(expert, moe.experts() - 1)).stream()
        .map(PlanTensors.Wanted::name)
        .toList();
  }

  private void single(FeedPlan.Moe moe, int index, String form, int[] experts) {
    for (int e = 0; e < moe.experts(); e++) {
      replaced.add(names(moe, e).get(index) + form);
    }
    for (int e = 0; e < experts.length; e++) {
      String from = names(moe, experts[e]).get(index) + form;
      Tensor tensor = model.find(from).orElseThrow();
      items.add(Item.of(tensor.named(names(moe, e).get(index) + form)));
    }
  }

  private void stacked(String name, int all, int[] experts) {
    if (!replaced.add(name)) {
      return;
    }
    Tensor tensor = model.find(name).orElseThrow();
    if (tensor.shape().isEmpty() || tensor.dim(0) != all) {
      throw CheckpointException.in(
          model.fileOf(name),
          "tensor %s has the shape %s; expected %s experts first",
          name,
          tensor.shape(),
          all);
    }
    List<Long> shape = new ArrayList<>(tensor.shape());
    shape.set(0, (long) experts.length);
    long bytes = tensor.byteSize() / all;
    items.add(
        new Item(
            name,
            tensor.dtype(),
            shape,
            sink -> {
              for (int expert : experts) {
                sink.write(tensor.data().asSlice(expert * bytes, bytes));
              }
            }));
  }

  /** One tensor an expert, or one for all, expert by expert. */
  private void merged(MergedExperts experts) {
    for (String name : experts.sources()) {
      replaced.add(name);
    }
    for (MergedExperts.Slab slab : experts.slabs()) {
      List<Long> shape = new ArrayList<>(slab.shape());
      if (slab.stacked()) {
        shape.addFirst((long) experts.count());
        items.add(
            new Item(
                slab.name(0),
                experts.dtype(),
                shape,
                sink -> {
                  for (int e = 0; e < experts.count(); e++) {
                    sink.write(bytes(experts, slab, e));
                  }
                }));
        continue;
      }
      for (int e = 0; e < experts.count(); e++) {
        int expert = e;
        items.add(
            new Item(
                slab.name(e),
                experts.dtype(),
                shape,
                sink -> sink.write(bytes(experts, slab, expert))));
      }
    }
  }

  private static MemorySegment bytes(MergedExperts experts, MergedExperts.Slab slab, int expert) {
    float[] values = experts.values(slab, expert);
    long[] shape = {values.length};
    return SafetensorsWriter.of(slab.name(expert), experts.dtype(), shape, values).data();
  }
}
