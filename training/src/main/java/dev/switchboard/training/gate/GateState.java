package dev.switchboard.training.gate;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.twin.TwinConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Gate parameters and their optimizer after so many steps. */
public final class GateState {
  private final float[] values;
  private final GateAdam adam;
  private long step;

  private GateState(float[] values, GateAdam adam, long step) {
    this.values = values;
    this.adam = adam;
    this.step = step;
  }

  public static GateState start(GateParameters gate) {
    int size = gate.values().length;
    GateAdam adam = new GateAdam(new float[size], new float[size], 0);
    return new GateState(gate.values().clone(), adam, 0);
  }

  void move(double[] gradient, double rate) {
    adam.step(values, gradient, rate);
    step++;
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
        return new GateState(get(in, "values"), adam, step);
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
