package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.reference.Perplexity;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
  private static final int LEAST_CHUNK = 4;
  private static final int MOST_CHUNK = 1 << 20;

  @Mixin private final MeasureOptions options;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      description = "Tokens of a window (default: ${DEFAULT-VALUE}).")
  private int chunk = 512;

  PerplexityCommand(Map<String, String> environment) {
    options = new MeasureOptions(environment);
  }

  @Override
  public Integer call() {
    options.check("--chunk", chunk, LEAST_CHUNK, MOST_CHUNK);
    return options.run(Optional.empty(), this::measure);
  }

  private int measure(Model opened, Crew crew) {
    long begun = System.nanoTime();
    int[] ids = opened.tokenizer().encodePrompt(options.text());
    Perplexity.Settings settings = new Perplexity.Settings(chunk, MeasureOptions.first(opened));
    Perplexity.Score score = Perplexity.of(opened, ids, settings, crew, this::progress);
    double seconds = (System.nanoTime() - begun) * 1e-9;
    System.out.println(
        options.json()
            ? toJson(opened, ids.length, score, seconds)
            : "perplexity %.4f over %d tokens (%d windows of %d; %.1f s)"
                .formatted(score.perplexity(), score.tokens(), score.windows(), chunk, seconds));
    return Exit.DONE;
  }

  private void progress(Perplexity.Score score) {
    if (!options.json()) {
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
}
