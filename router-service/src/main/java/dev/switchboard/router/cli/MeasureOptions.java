package dev.switchboard.router.cli;

import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands have in common that hold a model against a text. */
final class MeasureOptions {
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

  @Mixin private final ComputeOptions compute = new ComputeOptions();

  MeasureOptions(Map<String, String> environment) {
    this.environment = environment;
  }

  boolean json() {
    return compute.json();
  }

  /**
   * Opens the model and measures; what cannot be used is said in one line.
   *
   * @param gate directory of a gate to lay over the model's own
   * @param measure with a crew to lead; returns the exit code
   */
  int run(Optional<Path> gate, ToIntBiFunction<Model, Crew> measure) {
    return compute.run(crew -> {
      try (Model opened = Model.open(Home.model(Optional.ofNullable(model), environment), gate)) {
        return measure.applyAsInt(opened, crew);
      }
    });
  }

  /**
   * The same of the model with one more expert.
   *
   * @param expert its directory
   */
  int runWith(Path expert, ToIntBiFunction<Model, Crew> measure) {
    return compute.run(crew -> {
      Path directory = Home.model(Optional.ofNullable(model), environment);
      try (Model opened = Model.withExpert(directory, expert)) {
        return measure.applyAsInt(opened, crew);
      }
    });
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
    compute.check(option, value, least, most);
  }
}
