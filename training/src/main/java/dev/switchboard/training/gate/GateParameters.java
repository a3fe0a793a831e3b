package dev.switchboard.training.gate;

import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.util.Arrays;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * All gates of a model as one vector: layer by layer the matrix {@code [E, d]}, row by row, then
 * the decay, which is kept as its logit so that no step can take it out of (0, 1).
 */
public final class GateParameters {
  private static final double FIRST_DECAY = 0.93;

  private final TwinConfig config;
  private final float[] values;

  GateParameters(TwinConfig config, float[] values) {
    if (values.length != size(config)) {
      throw new IllegalArgumentException(
          values.length + " gate parameters, but the model has " + size(config));
    }
    this.config = config;
    this.values = values;
  }

  static int perLayer(TwinConfig config) {
    return config.expertCount() * config.width() + 1;
  }

  public static int size(TwinConfig config) {
    return config.layers() * perLayer(config);
  }

  public static GateParameters random(TwinConfig config, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[size(config)];
    double deviation = 0.3 / Math.sqrt(config.width());
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    for (int layer = 1; layer <= config.layers(); layer++) {
      values[layer * perLayer(config) - 1] = logit(FIRST_DECAY);
    }
    return new GateParameters(config, values);
  }

  /** The gates among a model's weights. */
  public static GateParameters of(TwinConfig config, SequencedMap<String, Values> weights) {
    float[] values = new float[size(config)];
    int at = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      Values gate = weights.get("layers." + layer + ".gate");
      Values decay = weights.get("layers." + layer + ".decay");
      if (gate == null || decay == null) {
        throw new IllegalArgumentException("the model has no gate in layer " + layer);
      }
      System.arraycopy(gate.numbers(), 0, values, at, gate.numbers().length);
      at += gate.numbers().length;
      values[at++] = logit(Math.clamp(decay.numbers()[0], 1e-4, 1 - 1e-4));
    }
    return new GateParameters(config, values);
  }

  private static float logit(double p) {
    return (float) StrictMath.log(p / (1 - p));
  }

  /** Decay of the memory in {@code layer}. */
  public float decay(int layer) {
    return (float) (1 / (1 + StrictMath.exp(-values[(layer + 1) * perLayer(config) - 1])));
  }

  /** By the twin's names: {@code layers.i.gate [E, d]}, {@code layers.i.decay [1]}. */
  public SequencedMap<String, Values> tensors() {
    SequencedMap<String, Values> tensors = new TreeMap<>();
    int matrix = perLayer(config) - 1;
    for (int layer = 0; layer < config.layers(); layer++) {
      int from = layer * perLayer(config);
      tensors.put(
          "layers." + layer + ".gate",
          new Values(
              Arrays.copyOfRange(values, from, from + matrix),
              new Shape(config.expertCount(), config.width())));
      tensors.put(
          "layers." + layer + ".decay", new Values(new float[] {decay(layer)}, new Shape(1)));
    }
    return tensors;
  }

  /** Turns the decays' gradients into gradients by their logits, in place. */
  void chainDecays(double[] gradient) {
    for (int layer = 0; layer < config.layers(); layer++) {
      double a = decay(layer);
      gradient[(layer + 1) * perLayer(config) - 1] *= a * (1 - a);
    }
  }

  /** Sets all of a gradient but that of one expert's column to zero, in place. */
  void keepColumn(double[] gradient, int expert) {
    int layer = perLayer(config);
    for (int i = 0; i < gradient.length; i++) {
      if (i % layer / config.width() != expert) {
        gradient[i] = 0;
      }
    }
  }

  /** The vector itself. */
  public float[] values() {
    return values;
  }
}
