package dev.switchboard.router.cli;

import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.reference.Evaluation;
import dev.switchboard.model.reshape.ExpertUse;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What prune and merge have in common. */
final class TrimOptions {
  private static final int WINDOW = 4096;

  @Parameters(index = "0", paramLabel = "MODEL", description = "Model directory.")
  private @Nullable Path in;

  @Parameters(index = "1", paramLabel = "OUT", description = "The model directory to make.")
  private @Nullable Path out;

  @ArgGroup(multiplicity = "1")
  private @Nullable Source source;

  @Option(
      names = "--evaluate",
      paramLabel = "TEXT",
      description = "File with a text: bits per byte before and after are said.")
  private @Nullable Path evaluate;

  @Option(names = "--json", description = "One JSON object instead of a report.")
  private boolean json;

  /** Where the use of experts is known from. */
  static final class Source {
    @Option(
        names = "--by",
        paramLabel = "ROUTES",
        description =
            "Use of the experts, as switchboard route --trace recorded it for this model.")
    private @Nullable Path routes;

    @Option(
        names = "--file",
        paramLabel = "TEXT",
        description = "File with a text, UTF-8: the use is counted while the model reads it.")
    private @Nullable Path text;
  }

  Path in() {
    return Objects.requireNonNull(in, "picocli demands it");
  }

  Path out() {
    return Objects.requireNonNull(out, "picocli demands it");
  }

  boolean json() {
    return json;
  }

  /** How often each expert was chosen. */
  ExpertUse use() {
    Source given = Objects.requireNonNull(source, "picocli demands it");
    try (Model model = Model.open(in())) {
      return given.routes != null
          ? ExpertUse.recorded(given.routes, model.plan())
          : ExpertUse.reading(
              model,
              model.tokenizer().encode(text(Objects.requireNonNull(given.text))),
              Math.min(WINDOW, model.plan().maxPromptTokens()));
    }
  }

  /** What a model costs on the text that is asked for; empty if none is. */
  Optional<Double> bitsPerByte(Path folder) {
    if (evaluate == null) {
      return Optional.empty();
    }
    String text = text(evaluate);
    try (Model model = Model.open(folder);
        Crew crew = Crew.of("measure", Runtime.getRuntime().availableProcessors());
        Evaluation evaluation =
            new Evaluation(
                model,
                new Evaluation.Settings(
                    Math.max(2, Math.min(WINDOW, model.plan().maxPromptTokens() - 1)),
                    model.plan().bos()),
                crew)) {
      long bytes = text.getBytes(StandardCharsets.UTF_8).length;
      return Optional.of(
          evaluation.of(model.tokenizer().encode(text), bytes, read -> {}).bitsPerByte());
    }
  }

  private static String text(Path file) {
    try {
      String text = Files.readString(file);
      if (text.isEmpty()) {
        throw new IllegalArgumentException(file + " is empty");
      }
      return text;
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("no file " + file, e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + " is not text in UTF-8", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
