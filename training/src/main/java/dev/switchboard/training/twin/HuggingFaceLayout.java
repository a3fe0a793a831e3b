package dev.switchboard.training.twin;

import ai.djl.ndarray.types.Shape;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.twin.Weights.Values;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * Between the twin's tensors, which lie together as they are multiplied, and the names and shapes
 * of the model file.
 */
public final class HuggingFaceLayout {
  /** One number a head. */
  private static final List<String> SCALARS = List.of("A_log", "D", "dt_bias");

  private HuggingFaceLayout() {}

  /** All tensors of the model file. */
  public static SequencedMap<String, Tensor> export(
      TwinConfig c, Function<String, Values> weights) {
    SequencedMap<String, Tensor> out = new LinkedHashMap<>();
    large(out, "model.embed_tokens.weight", weights.apply("embed"));
    for (int i = 0; i < c.layers(); i++) {
      exportMixer(c, i, weights, out);
      exportMoe(c, i, weights, out);
      out.putAll(exportGate(i, weights));
    }
    exact(out, "model.final_norm.weight", weights.apply("final_norm"));
    return out;
  }

  private static void exportMixer(
      TwinConfig c, int layer, Function<String, Values> weights, Map<String, Tensor> out) {
    String from = "layers." + layer + ".";
    String to = "model.layers." + layer + ".";
    exact(out, to + "mixer_norm.weight", weights.apply(from + "mixer_norm"));
    large(out, to + "mixer.in_proj.weight", weights.apply(from + "in_proj"));
    float[] taps = transposed(weights.apply(from + "conv").numbers(), c.kernel(), c.convolved());
    put(out, to + "mixer.conv1d.weight", DType.F32, taps, c.convolved(), 1, c.kernel());
    exact(out, to + "mixer.conv1d.bias", weights.apply(from + "conv_bias"));
    for (String name : SCALARS) {
      exact(out, to + "mixer." + name, weights.apply(from + name));
    }
    exact(out, to + "mixer.norm.weight", weights.apply(from + "norm"));
    large(out, to + "mixer.out_proj.weight", weights.apply(from + "out_proj"));
    exact(out, to + "moe_norm.weight", weights.apply(from + "moe_norm"));
  }

  private static void exportMoe(
      TwinConfig c, int layer, Function<String, Values> weights, Map<String, Tensor> out) {
    String from = "layers." + layer + ".";
    String to = "model.layers." + layer + ".moe.";
    float[] in = weights.apply(from + "shared_in").numbers();
    putFfn(out, to + "shared.", in, weights.apply(from + "shared_out").numbers(), c.width());
    for (int e = 0; e < c.expertCount(); e++) {
      int expert = e;
      exportExpert(
          c,
          to + "experts." + e + ".",
          name -> part(weights.apply(from + "expert_" + name).numbers(), expert, c.expertCount()),
          out);
    }
  }

  /** One expert of one layer; {@code weights} are its own by their short names. */
  private static void exportExpert(
      TwinConfig c, String to, Function<String, float[]> weights, Map<String, Tensor> out) {
    switch (c.backbone()) {
      case Backbone.Ffn ffn ->
          putFfn(out, to, weights.apply("in"), weights.apply("out"), c.width());
      case Backbone.Mamba mamba -> {
        int inner = mamba.inner();
        put(
            out,
            to + "in_proj.weight",
            DType.BF16,
            weights.apply("in"),
            mamba.projected(),
            c.width());
        for (String name : SCALARS) {
          put(out, to + name, DType.F32, weights.apply(name), mamba.heads());
        }
        put(out, to + "norm.weight", DType.F32, weights.apply("norm"), inner);
        put(out, to + "out_proj.weight", DType.BF16, weights.apply("out"), c.width(), inner);
      }
    }
  }

  private static void putFfn(
      Map<String, Tensor> out, String prefix, float[] in, float[] down, int width) {
    long f = down.length / width;
    put(out, prefix + "gate_proj.weight", DType.BF16, part(in, 0, 2), f, width);
    put(out, prefix + "up_proj.weight", DType.BF16, part(in, 1, 2), f, width);
    put(out, prefix + "down_proj.weight", DType.BF16, down, width, f);
  }

  /** The gate of one layer alone. */
  public static SequencedMap<String, Tensor> exportGate(
      int layer, Function<String, Values> weights) {
    String to = "model.layers." + layer + ".moe.gate.";
    SequencedMap<String, Tensor> out = new LinkedHashMap<>();
    exact(out, to + "weight", weights.apply("layers." + layer + ".gate"));
    exact(out, to + "decay", weights.apply("layers." + layer + ".decay"));
    return out;
  }

  /** What a gate's choice is corrected by, {@code [E]}. */
  public static Map<String, Tensor> exportGateBias(int layer, float[] bias) {
    String name = "model.layers." + layer + ".moe.gate.correction_bias";
    return Map.of(name, SafetensorsWriter.of(name, DType.F32, new long[] {bias.length}, bias));
  }

  /** The twin's tensors from those of a model file. */
  public static SequencedMap<String, Values> load(TwinConfig c, Checkpoint file) {
    Reader in = new Reader(file);
    SequencedMap<String, Values> out = new LinkedHashMap<>();
    out.put("embed", in.tensor("model.embed_tokens.weight", c.vocab(), c.width()));
    for (int i = 0; i < c.layers(); i++) {
      loadLayer(c, i, in, out);
    }
    out.put("final_norm", in.tensor("model.final_norm.weight", c.width()));
    return out;
  }

  private static void loadLayer(TwinConfig c, int layer, Reader in, Map<String, Values> out) {
    String to = "layers." + layer + ".";
    String from = "model.layers." + layer + ".";
    int d = c.width();
    int channels = c.convolved();
    out.put(to + "mixer_norm", in.tensor(from + "mixer_norm.weight", d));
    out.put(to + "in_proj", in.tensor(from + "mixer.in_proj.weight", c.projected(), d));
    float[] taps = in.tensor(from + "mixer.conv1d.weight", channels, 1, c.kernel()).numbers();
    out.put(
        to + "conv",
        new Values(transposed(taps, channels, c.kernel()), new Shape(c.kernel(), channels)));
    out.put(to + "conv_bias", in.tensor(from + "mixer.conv1d.bias", channels));
    for (String name : SCALARS) {
      out.put(to + name, in.tensor(from + "mixer." + name, c.heads()));
    }
    out.put(to + "norm", in.tensor(from + "mixer.norm.weight", c.inner()));
    out.put(to + "out_proj", in.tensor(from + "mixer.out_proj.weight", d, c.inner()));
    out.put(to + "moe_norm", in.tensor(from + "moe_norm.weight", d));
    int f = c.sharedWidth();
    float[] shared = new float[2 * f * d];
    in.copyHalves(from + "moe.shared.", f, d, shared, 0);
    out.put(to + "shared_in", new Values(shared, new Shape(2, f, d)));
    out.put(to + "shared_out", in.tensor(from + "moe.shared.down_proj.weight", d, f));
    switch (c.backbone()) {
      case Backbone.Ffn ffn -> loadExperts(c, layer, in, out);
      case Backbone.Mamba mamba -> loadMambaExperts(c, mamba, layer, in, out);
    }
    out.put(to + "gate", in.tensor(from + "moe.gate.weight", c.expertCount(), d));
    out.put(to + "decay", in.tensor(from + "moe.gate.decay", 1));
  }

  private static void loadExperts(TwinConfig c, int layer, Reader in, Map<String, Values> out) {
    int d = c.width();
    int f = c.expertWidth();
    float[] up = new float[c.expertCount() * 2 * f * d];
    float[] down = new float[c.expertCount() * d * f];
    for (int e = 0; e < c.expertCount(); e++) {
      String from = "model.layers." + layer + ".moe.experts." + e + ".";
      in.copyHalves(from, f, d, up, e * 2 * f * d);
      float[] values = in.tensor(from + "down_proj.weight", d, f).numbers();
      System.arraycopy(values, 0, down, e * d * f, d * f);
    }
    String to = "layers." + layer + ".";
    out.put(to + "expert_in", new Values(up, new Shape(c.expertCount(), 2, f, d)));
    out.put(to + "expert_out", new Values(down, new Shape(c.expertCount(), d, f)));
  }

  private static void loadMambaExperts(
      TwinConfig c, Backbone.Mamba mamba, int layer, Reader in, Map<String, Values> out) {
    Stack stack = new Stack(c.expertCount(), layer, in, out);
    stack.put("in", "in_proj.weight", mamba.projected(), c.width());
    SCALARS.forEach(name -> stack.put(name, name, mamba.heads()));
    stack.put("norm", "norm.weight", mamba.inner());
    stack.put("out", "out_proj.weight", c.width(), mamba.inner());
  }

  /** Tensors of all experts of a layer, one behind the other. */
  private record Stack(int experts, int layer, Reader in, Map<String, Values> out) {
    void put(String name, String file, long... shape) {
      Shape one = new Shape(shape);
      int size = Math.toIntExact(one.size());
      float[] all = new float[experts * size];
      for (int e = 0; e < experts; e++) {
        String from = "model.layers." + layer + ".moe.experts." + e + ".";
        System.arraycopy(in.tensor(from + file, shape).numbers(), 0, all, e * size, size);
      }
      out.put(
          "layers." + layer + ".expert_" + name, new Values(all, new Shape(experts).addAll(one)));
    }
  }

  /** The twin's tensors of one expert, {@code [1, ...]} each, from those of its own file. */
  public static Map<String, Values> loadExpert(
      TwinConfig c, int expert, Map<String, Tensor> tensors) {
    Map<String, Values> out = new LinkedHashMap<>();
    int d = c.width();
    int f = c.expertWidth();
    Reader in = new Reader(Checkpoint.ofTensors(Path.of("model.safetensors"), tensors));
    for (int layer = 0; layer < c.layers(); layer++) {
      String from = "model.layers." + layer + ".moe.experts." + expert + ".";
      float[] up = new float[2 * f * d];
      in.copyHalves(from, f, d, up, 0);
      out.put("layers." + layer + ".expert_in", new Values(up, new Shape(1, 2, f, d)));
      float[] down = in.tensor(from + "down_proj.weight", d, f).numbers();
      out.put("layers." + layer + ".expert_out", new Values(down, new Shape(1, d, f)));
    }
    return out;
  }

  private static float[] part(float[] all, int index, int parts) {
    int size = all.length / parts;
    return Arrays.copyOfRange(all, index * size, (index + 1) * size);
  }

  private static float[] transposed(float[] values, int rows, int columns) {
    float[] result = new float[values.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        result[c * rows + r] = values[r * columns + c];
      }
    }
    return result;
  }

  private static void large(Map<String, Tensor> out, String name, Values values) {
    put(out, name, DType.BF16, values.numbers(), values.shape().getShape());
  }

  private static void exact(Map<String, Tensor> out, String name, Values values) {
    put(out, name, DType.F32, values.numbers(), values.shape().getShape());
  }

  private static void put(
      Map<String, Tensor> out, String name, DType dtype, float[] numbers, long... shape) {
    out.put(name, SafetensorsWriter.of(name, dtype, shape, numbers));
  }

  /** Tensors with the shapes that they should have. */
  private record Reader(Checkpoint file) {
    Values tensor(String name, long... shape) {
      return new Values(file.tensor(name, shape).toFloats(), new Shape(shape));
    }

    /** Gate and up projection, one after the other. */
    void copyHalves(String prefix, int f, int d, float[] target, int at) {
      float[] gate = tensor(prefix + "gate_proj.weight", f, d).numbers();
      float[] up = tensor(prefix + "up_proj.weight", f, d).numbers();
      System.arraycopy(gate, 0, target, at, f * d);
      System.arraycopy(up, 0, target, at + f * d, f * d);
    }
  }
}
