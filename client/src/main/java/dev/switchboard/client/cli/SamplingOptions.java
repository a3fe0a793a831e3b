package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.Sampling;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How tokens are drawn. Greedy unless a temperature is given. */
final class SamplingOptions {
  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 takes the likeliest token (default: ${DEFAULT-VALUE})")
  private float temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "draw from the K likeliest")
  private int topK;

  @Option(names = "--top-p", paramLabel = "P", description = "draw from the likeliest that make P")
  private float topP = 1;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "leave out what is less than P times as likely as the likeliest")
  private float minP;

  @Option(names = "--repetition-penalty", paramLabel = "X", description = "1 for none")
  private float repetitionPenalty = 1;

  @Option(names = "--presence-penalty", paramLabel = "X", description = "0 for none")
  private float presencePenalty;

  @Option(names = "--frequency-penalty", paramLabel = "X", description = "0 for none")
  private float frequencyPenalty;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "makes drawing repeatable; the router draws one otherwise and says it")
  private @Nullable String seed;

  private long parsedSeed;

  void check(@Nullable CommandSpec spec) {
    Options.within(spec, "--temperature", temperature, 0, Float.MAX_VALUE);
    Options.atLeast(spec, "--top-k", topK, 0);
    Options.within(spec, "--top-p", topP, Float.MIN_VALUE, 1);
    Options.within(spec, "--min-p", minP, 0, 1);
    Options.within(
        spec, "--repetition-penalty", repetitionPenalty, Float.MIN_VALUE, Float.MAX_VALUE);
    Options.within(spec, "--presence-penalty", presencePenalty, -Float.MAX_VALUE, Float.MAX_VALUE);
    Options.within(
        spec, "--frequency-penalty", frequencyPenalty, -Float.MAX_VALUE, Float.MAX_VALUE);
    if (seed != null) {
      try {
        parsedSeed = Long.parseUnsignedLong(seed);
      } catch (NumberFormatException e) {
        throw Options.wrong(
            spec, "--seed " + seed + ": expected a whole number from 0 to 2^64 - 1");
      }
    }
  }

  Sampling toProto() {
    Sampling.Builder sampling =
        Sampling.newBuilder()
            .setTemperature(temperature)
            .setTopK(topK)
            .setTopP(topP)
            .setMinP(minP)
            .setRepetitionPenalty(repetitionPenalty)
            .setPresencePenalty(presencePenalty)
            .setFrequencyPenalty(frequencyPenalty);
    if (seed != null) {
      sampling.setSeed(parsedSeed);
    }
    return sampling.build();
  }
}
