package dev.switchboard.router.engine;

import dev.switchboard.model.sampling.SamplingParams;
import java.util.List;
import java.util.Set;

/**
 * What to generate after the prompt, checked.
 *
 * @param maxTokens new tokens at the most, at least 1
 * @param stop the text ends before the first of these; none is empty
 * @param endTokens each ends the generation
 * @param silentTokens tokens without a text of their own: the model's end tokens
 * @param forced if any, these are taken in turn instead of what the sampler would choose
 * @param degrade whether to go on without experts that nobody has any more
 */
public record GenerationSpec(
    SamplingParams sampling,
    int maxTokens,
    List<String> stop,
    Set<Integer> endTokens,
    Set<Integer> silentTokens,
    List<Integer> forced,
    Report report,
    boolean degrade) {
  /**
   * What is told beside the tokens.
   *
   * @param topLogprobs alternatives of each token
   * @param chosenLogprob the chosen token's own log-probability
   * @param digest sum of the logits that chose the tokens
   * @param promptLogits logits after each token of the prompt
   */
  public record Report(
      int topLogprobs, boolean chosenLogprob, boolean digest, boolean promptLogits) {}

  public GenerationSpec {
    stop = List.copyOf(stop);
    endTokens = Set.copyOf(endTokens);
    silentTokens = Set.copyOf(silentTokens);
    forced = List.copyOf(forced);
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens is " + maxTokens + ", expected at least 1");
    }
  }
}
