package dev.switchboard.router.cli;

import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the commands have in common that hold a model against a text. */
final class MeasureOptions {
  private static final List<String> KERNELS = List.of("auto", "java", "native", "scalar");
  private static final int MOST_THREADS = 1024;

  private final Map<String, String> environment;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "Model directory or GGUF file (default: the embedded model).")
  private @Nullable Path model;

  @Option(
      names = "--file",
      paramLabel = "TEXT",
      required = true,
      description = "File with the text, UTF-8.")
  private @Nullable Path file;

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

  @Option(names = "--json", description = "One JSON object instead of a line.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  MeasureOptions(Map<String, String> environment) {
    this.environment = environment;
  }

  boolean json() {
    return json;
  }

  /**
   * Opens the model and measures; what cannot be used is said in one line.
   *
   * @param gate directory of a gate to lay over the model's own
   * @param measure with a crew to lead; returns the exit code
   */
  int run(Optional<Path> gate, ToIntBiFunction<Model, Crew> measure) {
    int crewSize = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    check("--threads", crewSize, 1, MOST_THREADS);
    if (!KERNELS.contains(kernels)) {
      throw wrong("--kernels " + kernels + ": expected one of " + String.join(", ", KERNELS));
    }
    try {
      Arithmetic.chooseKernels(kernels);
      try (Model opened = Model.open(Home.model(Optional.ofNullable(model), environment), gate);
          Crew crew = Crew.of("measure", crewSize)) {
        return measure.applyAsInt(opened, crew);
      }
    } catch (CheckpointException | IllegalArgumentException | IllegalStateException e) {
      return Exit.fail(e.getMessage());
    }
  }

  /** The text, whole. */
  String text() {
    Path given = Objects.requireNonNull(file, "picocli demands it");
    try {
      return Files.readString(given);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("no file " + given, e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(given + " is not text in UTF-8", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + given + ": " + e.getMessage(), e);
    }
  }

  Path file() {
    return Objects.requireNonNull(file, "picocli demands it");
  }

  /** The token that the tokenizer puts before a text, if it does. */
  static OptionalInt first(Model model) {
    Tokenizer tokenizer = model.tokenizer();
    OptionalInt bos = model.plan().bos();
    int[] prompt = tokenizer.encodePrompt("a");
    boolean added = prompt.length > 0 && !Arrays.equals(prompt, tokenizer.encode("a"));
    return bos.isPresent() && added && prompt[0] == bos.getAsInt() ? bos : OptionalInt.empty();
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
