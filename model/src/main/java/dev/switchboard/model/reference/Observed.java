package dev.switchboard.model.reference;

import dev.switchboard.model.ForwardProbe;
import dev.switchboard.model.moe.Routing;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Keeps what passes by in a pass over one prompt, by the names of the recorded answers. */
final class Observed implements ForwardProbe {
  private final Map<String, float[]> values = new HashMap<>();
  private final Map<Integer, Routing> routings = new HashMap<>();
  private final int dModel;

  Observed(int dModel) {
    this.dModel = dModel;
  }

  /** {@code layer.0}, {@code moe.1.input} and so on. */
  Optional<float[]> values(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /** Of a layer with experts. */
  Optional<Routing> routing(int layer) {
    return Optional.ofNullable(routings.get(layer));
  }

  @Override
  public void embeddings(float[] stream, int rows) {
    keep("embeddings", stream, rows * dModel);
  }

  @Override
  public void layer(int layer, float[] stream, int rows) {
    keep("layer." + layer, stream, rows * dModel);
  }

  @Override
  public void gate(int layer, float[] logits, int rows, int experts) {
    keep("router." + layer + ".logits", logits, rows * experts);
  }

  @Override
  public void experts(int layer, float[] input, Routing routing, float[] output) {
    keep("moe." + layer + ".input", input, routing.tokens() * dModel);
    keep("moe." + layer + ".output", output, routing.tokens() * dModel);
    routings.put(layer, routing);
  }

  @Override
  public void finalNorm(float[] stream, int rows) {
    keep("final_norm", stream, rows * dModel);
  }

  private void keep(String name, float[] from, int floats) {
    values.put(name, Arrays.copyOf(from, floats));
  }
}
