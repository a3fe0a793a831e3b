package dev.switchboard.model.layer;

import dev.switchboard.model.architecture.RopePlan;
import dev.switchboard.model.architecture.RopePlan.Scaling;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Rotary positions of a model. Frequencies are computed at load, as Hugging Face transformers does:
 * in F32, but with StrictMath for powers. What depends on the text's length (dynamic, LongRoPE)
 * depends on the declared length of the prompt, so that a sequence keeps its frequencies. Layers of
 * equal plans share one instance, and with it the tables. Thread-safe.
 */
public final class Rope {
  /** Tables kept: dynamic rope has one for every declared length. */
  private static final int MAX_TABLES = 8;

  private final RopePlan plan;
  private final Map<Long, RopeTable> tables = new LinkedHashMap<>(16, 0.75f, true);

  public Rope(RopePlan plan) {
    this.plan = plan;
  }

  public RopePlan plan() {
    return plan;
  }

  /**
   * Names the frequencies that a prompt of that length gets: sequences of one variant have the same
   * keys for the same tokens. 0 for most kinds.
   */
  public long variant(long declaredTokens) {
    return switch (plan.scaling()) {
      case Scaling.Dynamic dynamic -> Math.max(declaredTokens, dynamic.originalLength());
      case Scaling.LongRope rope -> declaredTokens > rope.originalLength() ? 1 : 0;
      default -> 0;
    };
  }

  /**
   * The table for sequences whose prompt has that length.
   *
   * @param declaredTokens length of the prompt as declared at admission
   */
  public synchronized RopeTable table(long declaredTokens) {
    long variant = variant(declaredTokens);
    RopeTable table = tables.get(variant);
    if (table == null) {
      table = new RopeTable(plan.dims(), plan.interleaved(), frequencies(variant), magnitude());
      tables.put(variant, table);
      if (tables.size() > MAX_TABLES) {
        tables.remove(tables.keySet().iterator().next());
      }
    }
    return table;
  }

  /** What cosines and sines are multiplied with. */
  private float magnitude() {
    return switch (plan.scaling()) {
      case Scaling.Yarn yarn -> (float) yarn.attentionFactor();
      case Scaling.LongRope rope -> (float) rope.attentionFactor();
      default -> 1f;
    };
  }

  /** Radians that each pair turns from one position to the next, {@code [dims / 2]}. */
  private float[] frequencies(long variant) {
    float[] plain = new float[plan.dims() / 2];
    float base = (float) base(variant);
    for (int i = 0; i < plain.length; i++) {
      plain[i] = 1f / power(base, i);
    }
    switch (plan.scaling()) {
      case Scaling.Default ignored -> {}
      case Scaling.Dynamic ignored -> {}
      case Scaling.Linear linear -> {
        for (int i = 0; i < plain.length; i++) {
          plain[i] /= (float) linear.factor();
        }
      }
      case Scaling.Yarn yarn -> ramp(plain, base, yarn);
      case Scaling.LongRope rope -> {
        for (int i = 0; i < plain.length; i++) {
          float factor = (variant == 0 ? rope.shortFactors() : rope.longFactors()).get(i);
          plain[i] = 1f / (factor * power(base, i));
        }
      }
      case Scaling.Llama3 llama -> smooth(plain, llama);
    }
    return plain;
  }

  /** theta^(2 pair / dims). */
  private float power(float base, int pair) {
    return (float) StrictMath.pow(base, 2f * pair / plan.dims());
  }

  private double base(long variant) {
    if (!(plan.scaling() instanceof Scaling.Dynamic(double factor, int originalLength))) {
      return plan.theta();
    }
    double stretch = factor * variant / originalLength - (factor - 1);
    return plan.theta() * StrictMath.pow(stretch, plan.dims() / (plan.dims() - 2.0));
  }

  /** Pairs below the ramp keep their frequency, those above it have it divided. */
  private void ramp(float[] frequencies, float base, Scaling.Yarn yarn) {
    double low = pairWithTurns(yarn.betaFast(), yarn.originalLength());
    double high = pairWithTurns(yarn.betaSlow(), yarn.originalLength());
    if (yarn.truncate()) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, plan.dims() - 1);
    if (low == high) {
      high += 0.001;
    }
    for (int i = 0; i < frequencies.length; i++) {
      float divided = Math.clamp((i - (float) low) / (float) (high - low), 0f, 1f);
      float kept = 1 - divided;
      float slow = 1f / ((float) yarn.factor() * power(base, i));
      frequencies[i] = slow * (1 - kept) + frequencies[i] * kept;
    }
  }

  /** The (fractional) pair that makes so many turns over the original length. */
  private double pairWithTurns(double turns, int originalLength) {
    double wavelengths = originalLength / (turns * 2 * Math.PI);
    return plan.dims() * StrictMath.log(wavelengths) / (2 * StrictMath.log(plan.theta()));
  }

  private static void smooth(float[] frequencies, Scaling.Llama3 llama) {
    double length = llama.originalLength();
    for (int i = 0; i < frequencies.length; i++) {
      float wavelength = (float) (2 * Math.PI) / frequencies[i];
      float slow = frequencies[i] / (float) llama.factor();
      if (wavelength > length / llama.lowFrequency()) {
        frequencies[i] = slow;
      } else if (wavelength >= length / llama.highFrequency()) {
        float turns = (float) length / wavelength;
        float span = (float) (llama.highFrequency() - llama.lowFrequency());
        float kept = (turns - (float) llama.lowFrequency()) / span;
        frequencies[i] = (1 - kept) * slow + kept * frequencies[i];
      }
    }
  }
}
