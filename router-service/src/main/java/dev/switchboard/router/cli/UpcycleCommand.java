package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.reshape.Upcycle;
import dev.switchboard.model.reshape.UpcycleOptions;
import dev.switchboard.model.reshape.UpcycleReport;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a model with experts of a dense one. */
@Command(
    name = "upcycle",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    showDefaultValues = true,
    description = {
      "Makes a model with experts of a dense one: each layer's network becomes copies of which a new gate",
      "wakes some. It first answers as the dense model does. Llama and Mistral become Mixtral, Qwen2",
      "Qwen2-MoE, Qwen3 Qwen3-MoE: folders that transformers loads too.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard upcycle smollm2.gguf smollm2-8x --experts 8 --top-k 2",
      "  switchboard upcycle models/llama llama-8x --drop 0.5 --dtype bf16",
      "",
      "Exit status: 0 done, 1 failed, 2 wrong usage."
    })
final class UpcycleCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "DENSE", description = "Model directory or GGUF file.")
  private @Nullable Path in;

  @Parameters(index = "1", paramLabel = "OUT", description = "The model directory to make.")
  private @Nullable Path out;

  @Option(names = "--experts", paramLabel = "N", description = "Copies of each layer's network.")
  private int experts = 8;

  @Option(names = "--top-k", paramLabel = "K", description = "Copies that are awake a token.")
  private int topK = 2;

  @Option(
      names = "--granularity",
      paramLabel = "G",
      description = "Pieces that each copy is cut into: N x G experts, of which K x G are awake.")
  private int granularity = 1;

  @Option(
      names = "--noise",
      paramLabel = "S",
      description =
          "Deviation of what is added to the experts' weights, by that of their matrix; 0: exact copies.")
  private double noise;

  @Option(
      names = "--drop",
      paramLabel = "R",
      description = "Part of each expert's units that begin anew (drop-upcycling); 0: none.")
  private double drop;

  @Option(names = "--seed", paramLabel = "N", description = "Of gates, noise and dropped units.")
  private long seed = 1;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "f32 or bf16 (default: bf16 if the dense weights are, else f32).")
  private @Nullable String dtype;

  @Option(
      names = "--shard-bytes",
      paramLabel = "N",
      description = "Weights in one file at the most.")
  private long shardBytes = 5_000_000_000L;

  @Option(names = "--json", description = "One JSON object instead of a report.")
  private boolean json;

  UpcycleCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    UpcycleOptions options = options();
    try (TensorProgress progress = new TensorProgress(environment)) {
      UpcycleReport report =
          Upcycle.folder(
              Objects.requireNonNull(in, "picocli demands it"),
              Objects.requireNonNull(out, "picocli demands it"),
              options,
              progress);
      progress.close();
      System.out.println(json ? toJson(report, options) : text(report, options));
      return Exit.DONE;
    } catch (CheckpointException | IllegalArgumentException | UncheckedIOException e) {
      return Exit.fail(e.getMessage());
    }
  }

  private UpcycleOptions options() {
    try {
      return new UpcycleOptions(
          experts,
          topK,
          granularity,
          noise,
          drop,
          seed,
          Optional.ofNullable(dtype).map(UpcycleCommand::type),
          shardBytes);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          Objects.requireNonNull(spec, "picocli sets the spec").commandLine(),
          "--" + e.getMessage());
    }
  }

  private static DType type(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "f32" -> DType.F32;
      case "bf16" -> DType.BF16;
      default ->
          throw new IllegalArgumentException("dtype %s: expected f32 or bf16".formatted(name));
    };
  }

  private static String text(UpcycleReport report, UpcycleOptions options) {
    String note = report.note().isEmpty() ? "" : "%nnote: %s".formatted(report.note());
    return "%s: %s, %d layers of %d experts (%d awake, %d units each), %s, %,d bytes; %s%s"
        .formatted(
            report.out(),
            report.modelType(),
            report.layers(),
            report.experts(),
            report.awake(),
            report.width(),
            report.dtype(),
            report.bytes(),
            options.exact()
                ? "answers as the dense model does"
                : "does not answer as the dense model",
            note);
  }

  private static ObjectNode toJson(UpcycleReport report, UpcycleOptions options) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("out", report.out().toString())
        .put("modelType", report.modelType())
        .put("layers", report.layers())
        .put("experts", report.experts())
        .put("awake", report.awake())
        .put("units", report.width())
        .put("dtype", report.dtype().name())
        .put("bytes", report.bytes())
        .put("exact", options.exact())
        .put("note", report.note());
  }
}
