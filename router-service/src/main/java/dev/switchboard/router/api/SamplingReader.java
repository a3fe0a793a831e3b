package dev.switchboard.router.api;

import dev.switchboard.model.GenerationDefaults;
import dev.switchboard.model.sampling.SamplingParams;
import dev.switchboard.proto.v1.Sampling;
import java.util.function.LongSupplier;

/**
 * How a request wants its tokens drawn, checked.
 *
 * @param defaults for requests that leave it to the model
 * @param seeds drawn from when a request brings none
 */
record SamplingReader(int vocabulary, GenerationDefaults defaults, LongSupplier seeds) {
  SamplingParams read(Sampling asked) {
    Sampling given = asked.getModelDefaults() ? completed(asked) : asked;
    boolean unlimited = Integer.compareUnsigned(given.getTopK(), vocabulary) >= 0;
    try {
      return new SamplingParams(
          given.getTemperature(),
          unlimited ? 0 : given.getTopK(),
          given.getTopP() == 0 ? 1 : given.getTopP(),
          given.getMinP(),
          given.getRepetitionPenalty() == 0 ? 1 : given.getRepetitionPenalty(),
          given.getPresencePenalty(),
          given.getFrequencyPenalty(),
          given.hasSeed() ? given.getSeed() : seeds.getAsLong());
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException("sampling." + e.getMessage());
    }
  }

  private Sampling completed(Sampling asked) {
    Sampling.Builder all =
        Sampling.newBuilder()
            .setTemperature(defaults.temperature())
            .setTopK(defaults.topK())
            .setTopP(defaults.topP())
            .setMinP(defaults.minP())
            .setRepetitionPenalty(defaults.repetitionPenalty());
    return all.mergeFrom(asked).build();
  }
}
