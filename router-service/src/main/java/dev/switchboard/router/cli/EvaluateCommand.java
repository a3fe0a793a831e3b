package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.reference.Evaluation;
import dev.switchboard.model.reference.Evaluation.Score;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Counts the bits that a model needs for each byte of a text. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Counts the bits that a model needs for each byte of a text (every token is scored, the gate",
      "chooses the experts), and its perplexity. Bits per byte compare models of any vocabulary.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard evaluate --file text.txt",
      "  switchboard evaluate models/mixtral --file text.txt --documents --json",
      "  switchboard evaluate --file text.txt --window 256",
      "  switchboard evaluate compare models/dense models/moe --data corpora",
      "",
      "Exit status: 0 done, 1 the model or the text cannot be used, 2 wrong usage."
    })
final class EvaluateCommand implements Callable<Integer> {
  private static final int MOST_WINDOW = 1 << 20;
  private static final int DEFAULT_WINDOW = 1 << 15;

  @Mixin private final MeasureOptions options;

  @Option(names = "--gate", paramLabel = "DIR", description = "Lay this gate over the model's own.")
  private @Nullable Path gate;

  @Option(
      names = "--expert",
      paramLabel = "NAME",
      description = "Every token by this expert, whatever the gate says.")
  private @Nullable String expert;

  @Option(
      names = "--added-expert",
      paramLabel = "DIR",
      description = "With this expert beside the model's own, and its gate (train expert).")
  private @Nullable Path added;

  @Option(
      names = "--window",
      paramLabel = "N",
      description =
          "Tokens that are read before the model forgets all (default: 32768, or the model's"
              + " limit).")
  private @Nullable Integer window;

  @Option(
      names = "--documents",
      description =
          "The text is documents with a line of one NUL character between them: each from a fresh"
              + " state.")
  private boolean documents;

  EvaluateCommand(Map<String, String> environment) {
    options = new MeasureOptions(environment);
  }

  @Override
  public Integer call() {
    if (window != null) {
      options.check("--window", window, 2, MOST_WINDOW);
    }
    if (added != null && gate != null) {
      return Exit.fail("--added-expert brings a gate of its own: give it without --gate");
    }
    return added == null
        ? options.run(Optional.ofNullable(gate), this::measure)
        : options.runWith(added, this::measure);
  }

  private int measure(Model model, Crew crew) {
    long begun = System.nanoTime();
    List<String> texts = texts();
    ExpertMask mask = expert == null ? ExpertMask.NONE : others(model, expert);
    int tokens = window == null ? defaultWindow(model) : window;
    OptionalInt start = model.plan().bos().isPresent() ? model.plan().bos() : OptionalInt.empty();
    List<Score> scores = new ArrayList<>();
    Score all = Score.NOTHING;
    try (Evaluation evaluation =
        new Evaluation(model, new Evaluation.Settings(tokens, start), crew)) {
      for (String text : texts) {
        long bytes = text.getBytes(StandardCharsets.UTF_8).length;
        Score score = evaluation.of(model.tokenizer().encode(text), bytes, mask, read -> {});
        scores.add(score);
        all = all.plus(score);
      }
    }
    double seconds = (System.nanoTime() - begun) * 1e-9;
    System.out.println(
        options.json()
            ? toJson(model, tokens, all, scores, seconds)
            : "%.4f bits per byte, perplexity %.4f over %d tokens of %d bytes (%.1f s)"
                .formatted(
                    all.bitsPerByte(), all.perplexity(), all.tokens(), all.bytes(), seconds));
    return Exit.DONE;
  }

  private static ExpertMask others(Model model, String name) {
    List<String> names = model.plan().expertNames();
    if (!names.contains(name)) {
      throw new IllegalArgumentException("no expert " + name + "; the model has " + names);
    }
    return DomainScores.allBut(names.indexOf(name), names.size());
  }

  private static int defaultWindow(Model model) {
    return Math.max(2, Math.min(DEFAULT_WINDOW, model.plan().maxPromptTokens() - 1));
  }

  private List<String> texts() {
    String text = options.text();
    List<String> found =
        (documents ? List.of(text.split(TestTexts.SEPARATOR, -1)) : List.of(text))
            .stream().filter(one -> !one.isEmpty()).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(options.file() + " is empty");
    }
    return found;
  }

  private ObjectNode toJson(
      Model model, int tokens, Score all, List<Score> scores, double seconds) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("model", String.valueOf(model.path().getFileName()));
    put(json, all);
    json.put("perplexity", all.perplexity()).put("windows", all.windows()).put("window", tokens);
    double rest = all.nats() - all.firstNats();
    ObjectNode place = json.putObject("natsPerTokenByPosition");
    place.put("first" + Evaluation.FIRST_TOKENS, all.firstNats() / all.firstTokens());
    if (all.tokens() > all.firstTokens()) {
      place.put("rest", rest / (all.tokens() - all.firstTokens()));
    }
    if (documents) {
      ArrayNode each = json.putArray("documents");
      scores.forEach(score -> put(each.addObject(), score));
    }
    return json.put("kernels", Kernels.describe()).put("seconds", seconds);
  }

  private static void put(ObjectNode json, Score score) {
    json.put("bitsPerByte", score.bitsPerByte())
        .put("natsPerToken", score.nats() / score.tokens())
        .put("bytes", score.bytes())
        .put("tokens", score.tokens());
  }
}
