package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.Sampling;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How tokens are drawn. Greedy unless a temperature is given. */
final class SamplingOptions {
  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 takes the likeliest token (default: 0)")
  private @Nullable Float temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "draw from the K likeliest")
  private @Nullable Integer topK;

  @Option(names = "--top-p", paramLabel = "P", description = "draw from the likeliest that make P")
  private @Nullable Float topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "leave out what is less than P times as likely as the likeliest")
  private @Nullable Float minP;

  @Option(names = "--repetition-penalty", paramLabel = "X", description = "1 for none")
  private @Nullable Float repetitionPenalty;

  @Option(names = "--presence-penalty", paramLabel = "X", description = "0 for none")
  private float presencePenalty;

  @Option(names = "--frequency-penalty", paramLabel = "X", description = "0 for none")
  private float frequencyPenalty;

  @Option(
      names = "--model-sampling",
      description = {
        "draw as the model's generation_config.json says (do_sample, temperature, top_k, top_p, ...)",
        "where no option here says otherwise"
      })
  private boolean modelSampling;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "makes drawing repeatable; the router draws one otherwise and says it")
  private @Nullable String seed;

  private long parsedSeed;

  void check(@Nullable CommandSpec spec) {
    within(spec, "--temperature", temperature, 0, Float.MAX_VALUE);
    Options.atLeast(spec, "--top-k", topK == null ? 0 : topK, 0);
    within(spec, "--top-p", topP, Float.MIN_VALUE, 1);
    within(spec, "--min-p", minP, 0, 1);
    within(spec, "--repetition-penalty", repetitionPenalty, Float.MIN_VALUE, Float.MAX_VALUE);
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

  private static void within(
      @Nullable CommandSpec spec, String option, @Nullable Float value, float least, float most) {
    if (value != null) {
      Options.within(spec, option, value, least, most);
    }
  }

  /** What was given, and nothing else: the rest is the router's matter. */
  Sampling toProto() {
    Sampling.Builder sampling =
        Sampling.newBuilder()
            .setPresencePenalty(presencePenalty)
            .setFrequencyPenalty(frequencyPenalty)
            .setModelDefaults(modelSampling);
    set(temperature, sampling::setTemperature);
    set(topK, sampling::setTopK);
    set(topP, sampling::setTopP);
    set(minP, sampling::setMinP);
    set(repetitionPenalty, sampling::setRepetitionPenalty);
    if (seed != null) {
      sampling.setSeed(parsedSeed);
    }
    return sampling.build();
  }

  private static <T> void set(@Nullable T given, Consumer<T> setter) {
    if (given != null) {
      setter.accept(given);
    }
  }
}
