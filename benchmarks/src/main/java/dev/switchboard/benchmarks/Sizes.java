package dev.switchboard.benchmarks;

import java.time.Duration;

/**
 * How much is read and written, and how often.
 *
 * @param prompt tokens of the prompt; 0 times no prompt
 * @param generate tokens to generate; 0 times no generation
 * @param depth tokens that are read before the generated ones
 * @param runs timed runs
 * @param warmup work of the same shape goes on untimed for at least as long, see {@link WarmUp}
 */
record Sizes(int prompt, int generate, int depth, int runs, Duration warmup) {
  String text() {
    return "prompt of %d tokens, %d generated after %d, median of %d runs (least to most) after %d s of warm-up or more"
        .formatted(prompt, generate, beforeGeneration(), runs, warmup.toSeconds());
  }

  /** Something has to be read before the first token can follow. */
  int beforeGeneration() {
    return Math.max(1, depth);
  }
}
