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
 * @param topLogprobs alternatives reported for each token
 * @param chosenLogprob whether the chosen token's own log-probability is reported
 * @param digest whether the logits are summed up
 */
public record GenerationSpec(
    SamplingParams sampling,
    int maxTokens,
    List<String> stop,
    Set<Integer> endTokens,
    Set<Integer> silentTokens,
    int topLogprobs,
    boolean chosenLogprob,
    boolean digest) {
  public GenerationSpec {
    stop = List.copyOf(stop);
    endTokens = Set.copyOf(endTokens);
    silentTokens = Set.copyOf(silentTokens);
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens is " + maxTokens + ", expected at least 1");
    }
  }
}
