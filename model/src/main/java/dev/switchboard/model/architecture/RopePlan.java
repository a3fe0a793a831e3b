package dev.switchboard.model.architecture;

import java.util.List;

/**
 * How positions turn the first {@code dims} values of a head (Su et al., RoFormer).
 *
 * @param dims values that turn, even; the rest of a head stays as it is
 * @param theta base of the frequencies: pair i turns by {@code position / theta^(2 i / dims)}
 * @param interleaved whether a pair is (2i, 2i + 1); otherwise it is (i, i + dims / 2)
 */
public record RopePlan(int dims, double theta, Scaling scaling, boolean interleaved) {
  /** What makes of the plain frequencies those for longer texts. */
  public sealed interface Scaling {
    /** The plain frequencies. */
    record Default() implements Scaling {}

    /**
     * Positions are divided.
     *
     * @param factor by which
     */
    record Linear(double factor) implements Scaling {
      public Linear {
        checkPositive("factor", factor);
      }
    }

    /**
     * The base grows with the length of the text (NTK-aware): from the declared length of the
     * prompt, so that a sequence keeps its frequencies.
     *
     * @param originalLength up to this length the frequencies are the plain ones
     */
    record Dynamic(double factor, int originalLength) implements Scaling {
      public Dynamic {
        checkPositive("factor", factor);
        checkPositive("original length", originalLength);
      }
    }

    /**
     * YaRN (Peng et al.): fast pairs stay, slow ones are divided, between them a ramp.
     *
     * @param originalLength length that the model was first trained for
     * @param betaFast turns over that length above which a pair stays
     * @param betaSlow turns over that length below which a pair is divided by {@code factor}
     * @param truncate whether the ends of the ramp are rounded to whole pairs
     * @param attentionFactor multiplies cosines and sines
     */
    record Yarn(
        double factor,
        double betaFast,
        double betaSlow,
        int originalLength,
        boolean truncate,
        double attentionFactor)
        implements Scaling {
      public Yarn {
        checkPositive("factor", factor);
        checkPositive("original length", originalLength);
        checkPositive("beta_fast", betaFast);
        checkPositive("beta_slow", betaSlow);
        checkPositive("attention factor", attentionFactor);
      }

      /**
       * m(s) = 0.1 s ln(factor) + 1, and 1 for a factor of at most 1. By default the attention
       * factor is m(1); with DeepSeek it is m(mscale) / m(mscale_all_dim), and the scores are
       * multiplied by m(mscale_all_dim) twice.
       */
      public static double magnitude(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * StrictMath.log(factor) + 1;
      }
    }

    /**
     * LongRoPE (Ding et al.): each pair has its own divisor; one list for prompts of up to {@code
     * originalLength} tokens, another for longer ones. A sequence keeps the list that its declared
     * prompt chose.
     *
     * @param shortFactors one a pair
     * @param longFactors one a pair
     * @param attentionFactor multiplies cosines and sines
     */
    record LongRope(
        List<Float> shortFactors,
        List<Float> longFactors,
        int originalLength,
        double attentionFactor)
        implements Scaling {
      public LongRope {
        shortFactors = List.copyOf(shortFactors);
        longFactors = List.copyOf(longFactors);
        shortFactors.forEach(factor -> checkPositive("short factor", factor));
        longFactors.forEach(factor -> checkPositive("long factor", factor));
        checkPositive("original length", originalLength);
        checkPositive("attention factor", attentionFactor);
      }

      /** sqrt(1 + ln(factor) / ln(originalLength)), and 1 for a factor of at most 1. */
      public static double magnitude(double factor, int originalLength) {
        return factor <= 1
            ? 1
            : StrictMath.sqrt(1 + StrictMath.log(factor) / StrictMath.log(originalLength));
      }
    }

    /**
     * Llama 3: slow pairs are divided by {@code factor}, fast ones stay, between them a smooth
     * step.
     *
     * @param lowFrequency turns over the original length below which a pair is slow
     * @param highFrequency turns over the original length above which a pair is fast
     */
    record Llama3(double factor, double lowFrequency, double highFrequency, int originalLength)
        implements Scaling {
      public Llama3 {
        checkPositive("factor", factor);
        checkPositive("low_freq_factor", lowFrequency);
        checkPositive("original length", originalLength);
        if (!(highFrequency > lowFrequency)) {
          throw new IllegalArgumentException(
              "high_freq_factor is "
                  + highFrequency
                  + "; expected more than low_freq_factor, "
                  + lowFrequency);
        }
      }
    }
  }

  public RopePlan {
    if (dims < 2 || dims % 2 != 0) {
      throw new IllegalArgumentException(
          "rope turns " + dims + " values of a head; expected an even number, at least 2");
    }
    checkPositive("rope_theta", theta);
    if (scaling instanceof Scaling.LongRope(List<Float> brief, List<Float> lengthy, int o, double a)
        && (brief.size() != dims / 2 || lengthy.size() != dims / 2)) {
      throw new IllegalArgumentException(
          "longrope has "
              + brief.size()
              + " short and "
              + lengthy.size()
              + " long factors; expected "
              + dims / 2
              + " of each");
    }
    if (scaling instanceof Scaling.Dynamic && dims < 4) {
      throw new IllegalArgumentException("dynamic rope turns " + dims + " values; expected 4");
    }
  }

  /** The plain frequencies, turning halves. */
  public static RopePlan plain(int dims, double theta) {
    return new RopePlan(dims, theta, new Scaling.Default(), false);
  }

  private static void checkPositive(String name, double value) {
    if (!(value > 0) || value > Float.MAX_VALUE) {
      throw new IllegalArgumentException(
          "rope: " + name + " is " + value + "; expected a positive number");
    }
  }
}
