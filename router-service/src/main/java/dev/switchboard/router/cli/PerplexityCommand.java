package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.reference.Perplexity;
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
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures how well a model foretells a text. */
@Command(
    name = "perplexity",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Measures how well a model foretells a text, as llama.cpp's perplexity program does: windows of",
      "--chunk tokens, each from a fresh state, the second half of each scored. Lower is better.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard perplexity smollm2.gguf --file text.txt",
      "  switchboard perplexity models/mixtral --file text.txt --chunk 2048 --json",
      "",
      "Exit status: 0 done, 1 the model or the text cannot be used, 2 wrong usage."
    })
final class PerplexityCommand implements Callable<Integer> {
  private static final List<String> KERNELS = List.of("auto", "java", "native", "scalar");
  private static final int LEAST_CHUNK = 4;
  private static final int MOST_CHUNK = 1 << 20;
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
      names = "--chunk",
      paramLabel = "N",
      description = "Tokens of a window (default: ${DEFAULT-VALUE}).")
  private int chunk = 512;

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

  @Spec private @Nullable CommandSpec spec;

  PerplexityCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    int crewSize = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    check("--threads", crewSize, 1, MOST_THREADS);
    check("--chunk", chunk, LEAST_CHUNK, MOST_CHUNK);
    if (!KERNELS.contains(kernels)) {
      throw wrong("--kernels " + kernels + ": expected one of " + String.join(", ", KERNELS));
    }
    try {
      Arithmetic.chooseKernels(kernels);
      return measure(read(Objects.requireNonNull(file, "picocli demands it")), crewSize);
    } catch (CheckpointException | IllegalArgumentException | IllegalStateException e) {
      return Exit.fail(e.getMessage());
    }
  }

  private int measure(String text, int crewSize) {
    long begun = System.nanoTime();
    try (Model opened = Model.open(Home.model(Optional.ofNullable(model), environment));
        Crew crew = Crew.of("perplexity", crewSize)) {
      Tokenizer tokenizer = opened.tokenizer();
      int[] ids = tokenizer.encodePrompt(text);
      Perplexity.Score score =
          Perplexity.of(
              opened,
              ids,
              new Perplexity.Settings(chunk, first(opened, tokenizer)),
              crew,
              this::progress);
      double seconds = (System.nanoTime() - begun) * 1e-9;
      System.out.println(
          json
              ? toJson(opened, ids.length, score, seconds)
              : "perplexity %.4f over %d tokens (%d windows of %d; %.1f s)"
                  .formatted(score.perplexity(), score.tokens(), score.windows(), chunk, seconds));
      return Exit.DONE;
    }
  }

  /** The token that the tokenizer puts before a text, if it does. */
  private static OptionalInt first(Model model, Tokenizer tokenizer) {
    OptionalInt bos = model.plan().bos();
    int[] prompt = tokenizer.encodePrompt("a");
    boolean added = prompt.length > 0 && !Arrays.equals(prompt, tokenizer.encode("a"));
    return bos.isPresent() && added && prompt[0] == bos.getAsInt() ? bos : OptionalInt.empty();
  }

  private void progress(Perplexity.Score score) {
    if (!json) {
      System.err.printf("[%d] %.4f%n", score.windows(), score.perplexity());
    }
  }

  private ObjectNode toJson(Model opened, int tokens, Perplexity.Score score, double seconds) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("model", String.valueOf(opened.path().getFileName()))
        .put("perplexity", score.perplexity())
        .put("natsPerToken", score.nats() / score.tokens())
        .put("tokens", tokens)
        .put("scoredTokens", score.tokens())
        .put("windows", score.windows())
        .put("chunk", chunk)
        .put("kernels", Kernels.describe())
        .put("seconds", seconds);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("no file " + file, e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + " is not text in UTF-8", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private void check(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw wrong("%s %d: expected %d to %d".formatted(option, value, least, most));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(
        Objects.requireNonNull(spec, "picocli sets the spec").commandLine(), message);
  }
}
