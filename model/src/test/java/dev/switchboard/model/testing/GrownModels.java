package dev.switchboard.model.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** One more expert for a model of our family, made of what the model has. */
public final class GrownModels {
  private GrownModels() {}

  /**
   * Writes an expert that computes as the model's first does, negated; its column of the gate is
   * the first one's, a little larger, so that it is chosen wherever the first was.
   */
  public static AddedExpert write(Path modelFolder, Path out, String name) {
    try (Model model = Model.open(modelFolder)) {
      Checkpoint checkpoint = model.checkpoint();
      int index = model.experts(model.moeLayers().getFirst());
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String tensor : checkpoint.names()) {
        if (tensor.contains(".experts.0.")) {
          Tensor first = checkpoint.find(tensor).orElseThrow();
          float[] values = first.toFloats();
          if (tensor.contains("down_proj")) {
            for (int i = 0; i < values.length; i++) {
              values[i] = -values[i];
            }
          }
          String renamed = tensor.replace(".experts.0.", ".experts." + index + ".");
          tensors.put(renamed, tensor(renamed, first, values));
        }
      }
      AddedExpert expert =
          new AddedExpert(
              out,
              name,
              index,
              model.fingerprint(),
              JsonNodeFactory.instance.objectNode(),
              tensors);
      expert.write(out);
      GateAbout about = GateAbout.of(model.fingerprint(), index + 1, "a test");
      new GateArtifact(out, about, gates(model.ownGates())).write(out.resolve(AddedExpert.GATE));
      return expert;
    }
  }

  private static Map<String, Tensor> gates(GateArtifact own) {
    Map<String, Tensor> grown = new LinkedHashMap<>();
    own.tensors()
        .forEach((name, tensor) -> {
          if (!name.endsWith("gate.weight")) {
            grown.put(name, tensor);
            return;
          }
          float[] columns = tensor.toFloats();
          int width = tensor.shape().getLast().intValue();
          float[] more = Arrays.copyOf(columns, columns.length + width);
          for (int i = 0; i < width; i++) {
            more[columns.length + i] = 1.25f * columns[i];
          }
          long[] shape = {tensor.shape().getFirst() + 1, width};
          grown.put(name, SafetensorsWriter.of(name, DType.F32, shape, more));
        });
    return grown;
  }

  private static Tensor tensor(String name, Tensor like, float[] values) {
    long[] shape = like.shape().stream().mapToLong(Long::longValue).toArray();
    return SafetensorsWriter.of(name, like.dtype(), shape, values);
  }
}
