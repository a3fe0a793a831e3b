package dev.switchboard.router.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.quantise.FileType;
import dev.switchboard.model.quantise.Quantise;
import dev.switchboard.model.quantise.QuantiseProgress;
import dev.switchboard.model.quantise.QuantiseReport;
import dev.switchboard.model.quantise.TypeChoice;
import dev.switchboard.model.quantise.TypeChoice.Reason;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a model with fewer bits, as a GGUF file. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Writes a model rounded to fewer bits, as a GGUF file that llama.cpp loads too. Weights whose rows",
      "do not divide into blocks fall back to another type, as llama-quantize does, and it is said. The",
      "file appears under its name once it is whole.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard quantize models/mixtral mixtral-q8_0.gguf --type q8_0",
      "  switchboard quantize smollm2-f16.gguf smollm2-q4_k.gguf --type q4_k --json",
      "",
      "Exit status: 0 done, 1 failed, 2 wrong usage."
    })
final class QuantizeCommand implements Callable<Integer> {
  private final boolean live;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "IN", description = "Model directory or GGUF file.")
  private @Nullable Path in;

  @Parameters(index = "1", paramLabel = "OUT", description = "The .gguf file to write.")
  private @Nullable Path out;

  @Option(
      names = "--type",
      required = true,
      paramLabel = "TYPE",
      description = "q8_0, q4_0, q4_k, bf16 or f16.")
  private String type = "";

  @Option(names = "--force", description = "Replace OUT if it is there.")
  private boolean force;

  @Option(names = "--json", description = "One JSON object instead of a report.")
  private boolean json;

  /**
   * @param environment whose SWITCHBOARD_TERMINAL says whether standard error is a terminal
   */
  QuantizeCommand(Map<String, String> environment) {
    this.live = environment.getOrDefault("SWITCHBOARD_TERMINAL", "").contains("err");
  }

  @Override
  public Integer call() {
    FileType wanted = FileType.of(type.toLowerCase(Locale.ROOT)).orElseThrow(this::unknownType);
    Path source = Objects.requireNonNull(in, "picocli demands it");
    Path target = Objects.requireNonNull(out, "picocli demands it");
    if (Files.exists(target) && !force) {
      return Exit.fail(target + ": is there already; --force replaces it");
    }
    try {
      QuantiseReport report = Quantise.file(source, target, wanted, progress());
      System.out.println(json ? toJson(report) : text(report));
      return Exit.DONE;
    } catch (CheckpointException | IllegalArgumentException | UncheckedIOException e) {
      return Exit.fail(e.getMessage());
    } finally {
      if (live) {
        System.err.print("\r\033[K");
        System.err.flush();
      }
    }
  }

  private ParameterException unknownType() {
    String known =
        Arrays.stream(FileType.values()).map(FileType::flag).collect(Collectors.joining(", "));
    return new ParameterException(
        Objects.requireNonNull(spec, "picocli sets the spec").commandLine(),
        "--type %s: expected one of %s".formatted(type, known));
  }

  private QuantiseProgress progress() {
    return (tensor, bytes, ofAll) -> {
      if (live) {
        System.err.printf(
            Locale.ROOT, "\r\033[K%3d %%  %s", ofAll == 0 ? 100 : bytes * 100 / ofAll, tensor);
        System.err.flush();
      }
    };
  }

  private static Map<String, Long> byType(QuantiseReport report) {
    return report.tensors().stream()
        .collect(
            Collectors.groupingBy(
                choice -> choice.written().name(), TreeMap::new, Collectors.counting()));
  }

  /** Tensors of one kind fall back for one reason: a line for all of them. */
  private static Map<String, List<String>> fellBack(QuantiseReport report) {
    Map<String, List<String>> lines = new LinkedHashMap<>();
    for (TypeChoice choice : report.tensors()) {
      if (choice.reason() == Reason.FELL_BACK) {
        String line =
            "of %s: %s instead of %s: %s"
                .formatted(choice.shape(), choice.written(), choice.wanted(), choice.why());
        lines.computeIfAbsent(line, l -> new ArrayList<>()).add(choice.tensor());
      }
    }
    return lines;
  }

  private static String text(QuantiseReport report) {
    StringBuilder text = new StringBuilder();
    fellBack(report)
        .forEach((line, tensors) -> {
          int others = tensors.size() - 1;
          String more = others == 0 ? "" : " and %d more".formatted(others);
          text.append("%s%s %s%n".formatted(tensors.get(0), more, line));
        });
    String types =
        byType(report).entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .collect(Collectors.joining(", "));
    return text.append(
            "%s: %,d bytes, %d tensors: %s"
                .formatted(report.out(), report.bytes(), report.tensors().size(), types))
        .toString();
  }

  private static ObjectNode toJson(QuantiseReport report) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("out", report.out().toString()).put("bytes", report.bytes());
    byType(report).forEach(node.putObject("types")::put);
    ArrayNode tensors = node.putArray("tensors");
    for (TypeChoice choice : report.tensors()) {
      ObjectNode tensor = tensors.addObject();
      tensor.put("name", choice.tensor());
      choice.shape().forEach(tensor.putArray("shape")::add);
      tensor.put("wanted", choice.wanted().name()).put("written", choice.written().name());
      tensor.put("reason", choice.reason().name().toLowerCase(Locale.ROOT));
      tensor.put("why", choice.why());
    }
    return node;
  }
}
