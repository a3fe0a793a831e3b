package dev.switchboard.model.sampling;

/**
 * How a token is chosen. Applied in this order: penalties, temperature, top-k, top-p, min-p.
 *
 * @param temperature 0 (greedy) to 100
 * @param topK only the k most probable tokens; 0: all
 * @param topP only the most probable tokens that together reach this share; above 0, 1: all
 * @param minP only tokens at least this share as probable as the most probable; 0: all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens in the
 *     history; 1: none
 * @param presencePenalty taken off the logit of each generated token; -2 to 2
 * @param frequencyPenalty the same for each time that it was generated; -2 to 2
 * @param seed of the generator
 */
public record SamplingParams(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    float presencePenalty,
    float frequencyPenalty,
    long seed) {
  private static final SamplingParams GREEDY = new SamplingParams(0f, 0, 1f, 0f, 1f, 0f, 0f, 0L);

  public SamplingParams {
    check("temperature", temperature, temperature >= 0 && temperature <= 100, "from 0 to 100");
    check("top_k", topK, topK >= 0, "0 (all tokens) or more");
    check("top_p", topP, topP > 0 && topP <= 1, "above 0, at most 1");
    check("min_p", minP, minP >= 0 && minP <= 1, "from 0 to 1");
    check(
        "repetition_penalty",
        repetitionPenalty,
        repetitionPenalty > 0 && repetitionPenalty <= 100,
        "above 0, at most 100");
    check("presence_penalty", presencePenalty, Math.abs(presencePenalty) <= 2, "from -2 to 2");
    check("frequency_penalty", frequencyPenalty, Math.abs(frequencyPenalty) <= 2, "from -2 to 2");
  }

  /** The most probable token, always. */
  public static SamplingParams greedy() {
    return GREEDY;
  }

  boolean isGreedy() {
    return temperature == 0;
  }

  boolean penalises() {
    return repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
  }

  private static void check(String name, Number value, boolean good, String range) {
    if (!good) {
      throw new IllegalArgumentException(name + " is " + value + "; expected " + range);
    }
  }
}
