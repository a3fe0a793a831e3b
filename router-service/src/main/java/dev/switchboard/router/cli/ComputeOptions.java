package dev.switchboard.router.cli;

import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.crew.Crew;
import java.util.List;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a command computes, and how it says what it found. */
final class ComputeOptions {
  private static final List<String> KERNELS = List.of("auto", "java", "native", "scalar");
  private static final int MOST_THREADS = 1024;

  @Option(
      names = "--threads",
      paramLabel = "T",
      description = "Threads that compute (default: one a processor); never changes the result.")
  private @Nullable Integer threads;

  @Option(
      names = "--kernels",
      paramLabel = "KIND",
      description =
          "What computes: auto, java, native or scalar (default: ${DEFAULT-VALUE}); never changes the result.")
  private String kernels = "auto";

  @Option(names = "--json", description = "One JSON object instead of lines.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  boolean json() {
    return json;
  }

  /**
   * Measures; what cannot be used is said in one line.
   *
   * @param measure with a crew to lead; returns the exit code
   */
  int run(ToIntFunction<Crew> measure) {
    int crewSize = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    check("--threads", crewSize, 1, MOST_THREADS);
    if (!KERNELS.contains(kernels)) {
      throw wrong("--kernels " + kernels + ": expected one of " + String.join(", ", KERNELS));
    }
    try {
      Arithmetic.chooseKernels(kernels);
      try (Crew crew = Crew.of("measure", crewSize)) {
        return measure.applyAsInt(crew);
      }
    } catch (CheckpointException | IllegalArgumentException | IllegalStateException e) {
      return Exit.fail(e.getMessage());
    }
  }

  void check(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw wrong("%s %d: expected %d to %d".formatted(option, value, least, most));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(
        Objects.requireNonNull(spec, "picocli sets the spec").commandLine(), message);
  }
}
