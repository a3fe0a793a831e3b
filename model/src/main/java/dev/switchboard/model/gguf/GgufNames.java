package dev.switchboard.model.gguf;

import dev.switchboard.model.checkpoint.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From the names of GGUF to those of a family. What has no name here keeps its own, and is found to
 * have no place in the model later.
 */
final class GgufNames {
  private static final Pattern IN_LAYER = Pattern.compile("blk\\.(\\d{1,4})\\.(.+)");

  /** Experts of files from before they were kept together. */
  private static final Pattern SINGLE_EXPERT =
      Pattern.compile("ffn_(gate|up|down)\\.(\\d{1,4})\\.weight");

  private static final Map<String, String> MIXTRAL = Map.of("gate", "w1", "up", "w3", "down", "w2");

  /** What has been read into the configuration. */
  private static final Set<String> DROPPED =
      Set.of("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight");

  private final Map<String, String> ends;
  private final String layers;
  private final Map<String, String> parts;
  private final Map<String, UnaryOperator<Tensor>> views = new HashMap<>();

  /**
   * @param ends of what is not in a layer
   * @param layers what stands before a layer's index
   * @param parts of a layer, without {@code .weight} or {@code .bias}, or with
   */
  GgufNames(Map<String, String> ends, String layers, Map<String, String> parts) {
    this.ends = ends;
    this.layers = layers;
    this.parts = parts;
  }

  /** Shows a part of each layer with another shape; {@code name} as in GGUF, whole. */
  GgufNames view(String name, UnaryOperator<Tensor> view) {
    views.put(name, view);
    return this;
  }

  Map<String, Tensor> rename(GgufSource source) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    for (String name : source.checkpoint().names()) {
      if (!DROPPED.contains(name)) {
        Tensor tensor = source.checkpoint().find(name).orElseThrow();
        Matcher in = IN_LAYER.matcher(name);
        UnaryOperator<Tensor> view =
            in.matches() ? views.getOrDefault(in.group(2), t -> t) : t -> t;
        renamed.put(in.matches() ? inLayer(in) : ends.getOrDefault(name, name), view.apply(tensor));
      }
    }
    return renamed;
  }

  private String inLayer(Matcher in) {
    String part = in.group(2);
    String prefix = layers + in.group(1) + '.';
    Matcher single = SINGLE_EXPERT.matcher(part);
    if (single.matches()) {
      return prefix
          + "mlp.experts."
          + single.group(2)
          + '.'
          + MIXTRAL.get(single.group(1))
          + ".weight";
    }
    return Optional.ofNullable(parts.get(part))
        .or(() -> suffixed(part))
        .map(name -> prefix + name)
        .orElse(in.group());
  }

  private Optional<String> suffixed(String part) {
    int dot = part.lastIndexOf('.');
    return dot < 0
        ? Optional.empty()
        : Optional.ofNullable(parts.get(part.substring(0, dot)))
            .map(name -> name + part.substring(dot));
  }

  /** The same numbers in another shape. */
  static UnaryOperator<Tensor> reshaped(long... shape) {
    List<Long> extents = Arrays.stream(shape).boxed().toList();
    long elements = extents.stream().reduce(1L, (a, b) -> a * b);
    return tensor ->
        tensor.elements() == elements
            ? new Tensor(tensor.name(), tensor.dtype(), extents, tensor.data())
            : tensor;
  }
}
