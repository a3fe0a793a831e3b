package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.switchboard.model.architecture.RopePlan.Scaling;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads rope from a {@code config.json}: the older spelling ({@code rope_theta} and {@code
 * rope_scaling}, whose kind is called {@code type} or {@code rope_type}) and the newer ({@code
 * rope_parameters}, with the base inside; one for each type of layer, perhaps). What a key means
 * and what holds where it is absent is as in Hugging Face transformers.
 */
final class RopeReader {
  private static final String KINDS = "default, linear, dynamic, yarn, longrope or llama3";

  private final ConfigReader config;
  private final JsonNode parameters;
  private final double defaultTheta;
  private final boolean nested;

  private RopeReader(ConfigReader config, JsonNode parameters, double theta, boolean nested) {
    this.config = config;
    this.parameters = parameters;
    this.defaultTheta = theta;
    this.nested = nested;
  }

  /** The one rope of a model; see {@link #read(ConfigReader, int, boolean, double, double)}. */
  static RopePlan read(ConfigReader config, int headDim, boolean interleaved, double defaultTheta) {
    return read(config, headDim, interleaved, defaultTheta, 1);
  }

  /**
   * The one rope of a model.
   *
   * @param headDim of which the partial rotary factor is a part
   * @param defaultTheta where the file gives none
   * @param defaultPart of a head that turns, where the file does not say
   * @throws dev.switchboard.model.checkpoint.CheckpointException naming file and key
   */
  static RopePlan read(
      ConfigReader config,
      int headDim,
      boolean interleaved,
      double defaultTheta,
      double defaultPart) {
    return of(config, defaultTheta).plan(headDim, interleaved, defaultPart);
  }

  /**
   * The rope of one type of layer. Where the file has one rope only, it is that of {@code
   * full_attention}; {@code sliding_attention} then has the base {@code rope_local_base_freq}, and
   * no scaling.
   *
   * @param defaultTheta where the file gives none
   */
  static RopePlan forType(
      ConfigReader config, String type, int headDim, boolean interleaved, double defaultTheta) {
    JsonNode own = parameters(config).path(type);
    if (own.isObject()) {
      RopeReader reader = new RopeReader(config, own, beside(config, defaultTheta), true);
      return reader.plan(headDim, interleaved, 1);
    }
    if (type.equals("sliding_attention")) {
      JsonNode base = config.root().path("rope_local_base_freq");
      RopeReader reader = new RopeReader(config, MissingNode.getInstance(), defaultTheta, true);
      double theta =
          base.isMissingNode() || base.isNull()
              ? defaultTheta
              : reader.positive("rope_local_base_freq", base);
      return RopePlan.plain(headDim, theta);
    }
    return read(config, headDim, interleaved, defaultTheta);
  }

  /**
   * What DeepSeek multiplies its scores with besides 1 / sqrt(width): m({@code mscale_all_dim})
   * squared where rope is scaled, see {@link Scaling.Yarn#magnitude}; otherwise 1.
   */
  static double scoreFactor(ConfigReader config) {
    RopeReader reader = of(config, 1);
    double allDim = reader.number("mscale_all_dim", 0);
    if (reader.kind().equals("default") || allDim == 0) {
      return 1;
    }
    double magnitude = Scaling.Yarn.magnitude(reader.number("factor"), allDim);
    return magnitude * magnitude;
  }

  private static RopeReader of(ConfigReader config, double defaultTheta) {
    return new RopeReader(config, parameters(config), beside(config, defaultTheta), false);
  }

  private static JsonNode parameters(ConfigReader config) {
    JsonNode old = config.root().path("rope_scaling");
    return old.isEmpty() ? config.root().path("rope_parameters") : old;
  }

  private static double beside(ConfigReader config, double defaultTheta) {
    JsonNode theta = config.root().path("rope_theta");
    return theta.isNumber() ? theta.doubleValue() : defaultTheta;
  }

  private RopePlan plan(int headDim, boolean interleaved, double defaultPart) {
    double besides = number(config.root(), "partial_rotary_factor", defaultPart);
    double part = number("partial_rotary_factor", besides);
    double theta = number("rope_theta", defaultTheta);
    try {
      return new RopePlan((int) (headDim * part), theta, scaling(), interleaved);
    } catch (IllegalArgumentException e) {
      throw config.error("rope", parameters, String.valueOf(e.getMessage()));
    }
  }

  private String kind() {
    JsonNode name = parameters.path("rope_type");
    JsonNode kind = name.isMissingNode() ? parameters.path("type") : name;
    return kind.isMissingNode() || kind.isNull() ? "default" : kind.asText();
  }

  private Scaling scaling() {
    if (parameters.has("mrope_section")) {
      throw config.error("rope", parameters, "a rope without mrope_section");
    }
    return switch (kind()) {
      case "default" -> new Scaling.Default();
      case "linear" -> new Scaling.Linear(number("factor"));
      case "dynamic" ->
          new Scaling.Dynamic(number("factor"), config.count("max_position_embeddings"));
      case "yarn" -> yarn();
      case "longrope" -> longRope();
      case "llama3" ->
          new Scaling.Llama3(
              number("factor"),
              number("low_freq_factor"),
              number("high_freq_factor"),
              originalLength());
      default -> throw config.error("rope type", kind(), KINDS);
    };
  }

  private Scaling yarn() {
    int original = originalLength();
    double factor = factor(original);
    double scale = number("mscale", 0);
    double allDim = number("mscale_all_dim", 0);
    double attention =
        scale != 0 && allDim != 0
            ? Scaling.Yarn.magnitude(factor, scale) / Scaling.Yarn.magnitude(factor, allDim)
            : Scaling.Yarn.magnitude(factor, 1);
    JsonNode truncate = parameters.path("truncate");
    return new Scaling.Yarn(
        factor,
        orElse(number("beta_fast", 0), 32),
        orElse(number("beta_slow", 0), 1),
        original,
        truncate.isMissingNode() || truncate.asBoolean(true),
        number("attention_factor", attention));
  }

  private Scaling longRope() {
    int original = originalLength();
    double attention = Scaling.LongRope.magnitude(factor(original), original);
    return new Scaling.LongRope(
        factors("short_factor"),
        factors("long_factor"),
        original,
        number("attention_factor", attention));
  }

  /** A zero stands for an absent value. */
  private static double orElse(double value, double fallback) {
    return value == 0 ? fallback : value;
  }

  private double factor(int original) {
    return parameters.hasNonNull("factor")
        ? number("factor")
        : config.count("max_position_embeddings") / (double) original;
  }

  /** The length beside the parameters wins over the one inside. */
  private int originalLength() {
    String key = "original_max_position_embeddings";
    if (config.has(key) && !nested) {
      return config.count(key);
    }
    return parameters.hasNonNull(key)
        ? new ConfigReader(config.file(), parameters).count(key)
        : config.count("max_position_embeddings");
  }

  private List<Float> factors(String key) {
    JsonNode list = parameters.path(key);
    List<Float> factors = new ArrayList<>();
    for (JsonNode item : list) {
      factors.add((float) positive(key, item));
    }
    if (!list.isArray() || factors.isEmpty()) {
      throw config.error(key, list, "a list of numbers");
    }
    return factors;
  }

  private double number(String key) {
    if (!parameters.hasNonNull(key)) {
      throw config.error("rope", parameters, "a key " + key);
    }
    return positive(key, parameters.get(key));
  }

  private double number(String key, double fallback) {
    return number(parameters, key, fallback);
  }

  private double number(JsonNode from, String key, double fallback) {
    JsonNode node = from.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return fallback;
    }
    if (!node.isNumber() || node.doubleValue() < 0) {
      throw config.error(key, node, "a number of at least 0");
    }
    return node.doubleValue();
  }

  private double positive(String key, JsonNode node) {
    if (!node.isNumber() || !(node.doubleValue() > 0)) {
      throw config.error(key, node, "a positive number");
    }
    return node.doubleValue();
  }
}
