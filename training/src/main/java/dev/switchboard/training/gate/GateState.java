package dev.switchboard.training.gate;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.twin.TwinConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gate parameters and their optimizer after so many steps. */
public final class GateState {
  private final float[] values;
  private final float[] bias;
  private final GateAdam adam;
  private long step;

  private GateState(float[] values, float[] bias, GateAdam adam, long step) {
    this.values = values;
    this.bias = bias;
    this.adam = adam;
    this.step = step;
  }

  /**
   * @param bias {@code [layers, E]} that evens the load, or nothing
   */
  public static GateState start(GateParameters gate, float[] bias) {
    int size = gate.values().length;
    GateAdam adam = new GateAdam(new float[size], new float[size], 0);
    return new GateState(gate.values().clone(), bias.clone(), adam, 0);
  }

  void move(double[] gradient, double rate) {
    adam.step(values, gradient, rate);
    step++;
  }

  /**
   * Loss-free balancing (arXiv 2408.15664): who had more than its share of a step's tokens is
   * chosen a little less, who had less, a little more. No gradient, so the loss does not feel it.
   *
   * @param tokens that each expert got, layer by layer
   */
  void even(long[][] tokens, double rate) {
    int at = 0;
    for (long[] layer : tokens) {
      double mean = Arrays.stream(layer).average().orElse(0);
      for (long load : layer) {
        bias[at] = (float) (bias[at] + rate * Math.signum(mean - load));
        at++;
      }
    }
  }

  /** Where the gates stand, as a copy. */
  public GatePoint point(float hardness) {
    return new GatePoint(values.clone(), bias.clone(), hardness);
  }

  /** Of one layer, {@code [E]}; null without loss-free balancing. */
  public float @Nullable [] bias(int layer, TwinConfig config) {
    return bias.length == 0 ? null : point(1).bias(layer, config.expertCount());
  }

  float[] values() {
    return values;
  }

  long step() {
    return step;
  }

  /** The parameters as they stand. */
  public GateParameters parameters(TwinConfig config) {
    return new GateParameters(config, values.clone());
  }

  /** Writes states so that a run can be resumed. */
  public static final class Keeper {
    private final Path file;
    private final String identity;

    /**
     * @param identity of everything that the run depends on; a state of another run is refused
     */
    public Keeper(Path file, String identity) {
      this.file = file;
      this.identity = identity;
    }

    void keep(GateState state) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      put(tensors, "values", state.values);
      put(tensors, "bias", state.bias);
      put(tensors, "first", state.adam.first());
      put(tensors, "second", state.adam.second());
      SafetensorsWriter.write(
          file, tensors, Map.of("step", Long.toString(state.step), "run", identity));
    }

    /** The kept state, or {@code fresh} if there is none. */
    public GateState resume(GateState fresh) throws IOException {
      if (!Files.isRegularFile(file)) {
        return fresh;
      }
      try (SafetensorsFile in = SafetensorsFile.open(file)) {
        if (!identity.equals(in.metadata().get("run"))) {
          throw new IOException(
              file + " is of another run: " + in.metadata().get("run") + ", not " + identity);
        }
        long step = Long.parseLong(in.metadata().getOrDefault("step", "0"));
        GateAdam adam = new GateAdam(get(in, "first"), get(in, "second"), step);
        return new GateState(get(in, "values"), get(in, "bias"), adam, step);
      }
    }

    /** Removes the state: the run is over. */
    public void drop() throws IOException {
      Files.deleteIfExists(file);
    }

    private static void put(Map<String, Tensor> tensors, String name, float[] values) {
      long[] shape = {values.length};
      tensors.put(name, SafetensorsWriter.of(name, DType.F32, shape, values));
    }

    private float[] get(SafetensorsFile in, String name) throws IOException {
      Tensor tensor = in.tensors().get(name);
      if (tensor == null) {
        throw new IOException(file + " has no tensor " + name);
      }
      return tensor.toFloats();
    }
  }
}
