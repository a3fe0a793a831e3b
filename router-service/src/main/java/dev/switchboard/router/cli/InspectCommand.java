package dev.switchboard.router.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.kernel.Kernels;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says what a model directory holds, and what would compute it here. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {"Shows what a model is made of, and checks that its files fit together.", ""},
    footer = {
      "",
      "Examples:",
      "  switchboard inspect",
      "  switchboard inspect --model models/switchboard-default --json",
      "",
      "Exit status: 0 done, 1 not a model that can be run, 2 wrong usage."
    })
final class InspectCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory (default: the embedded model).")
  private @Nullable Path directory;

  @Option(names = "--json", description = "One JSON object instead of a table.")
  private boolean json;

  InspectCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    Path path = Home.model(Optional.ofNullable(directory), environment);
    try (Model model = Model.open(path)) {
      // Loading is the check: a tensor of a wrong shape shows here.
      model.trunk();
      ModelReport report = ModelReport.of(model);
      System.out.println(json ? pretty(toJson(report)) : table(report));
      return Exit.DONE;
    } catch (CheckpointException | IllegalArgumentException | UncheckedIOException e) {
      return Exit.fail(e.getMessage());
    }
  }

  private static ObjectNode toJson(ModelReport report) {
    Model model = report.model();
    ModelPlan plan = model.plan();
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("path", report.path().toString());
    node.put("name", plan.name());
    node.put("modelType", plan.modelType());
    node.put("fingerprint", model.fingerprint());
    ObjectNode parameters = node.putObject("parameters");
    parameters.put("total", report.parameters());
    parameters.put("activePerToken", report.parametersPerToken());
    parameters.put("perExpert", report.parametersPerExpert());
    node.put("layers", plan.layers().size());
    node.put("dModel", plan.dModel());
    node.put("mixer", report.mixer());
    node.put("experts", plan.expertNames().size());
    plan.expertNames().forEach(node.withArray("expertNames")::add);
    node.put("expertBackbone", report.backbone());
    node.put("topK", report.topK());
    node.put("routingRule", report.rule());
    report.dtypes().forEach(node.putObject("dtypes")::put);
    node.put("vocabulary", plan.vocabulary());
    node.put("tokenizerVocabulary", model.tokenizer().vocabulary());
    node.put("maxPromptTokens", plan.maxPromptTokens());
    report.files().forEach(node.putObject("files")::put);
    node.put("kernels", Kernels.describe());
    node.put("arithmeticVersion", Arithmetic.VERSION);
    return node;
  }

  private static String pretty(ObjectNode node) {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values always prints", e);
    }
  }

  private static String table(ModelReport report) {
    Model model = report.model();
    ModelPlan plan = model.plan();
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("path", report.path().toString());
    rows.put("model", plan.name() + " (" + plan.modelType() + ")");
    rows.put("fingerprint", model.fingerprint());
    rows.put(
        "parameters",
        "%,d; %,d awake per token; %,d an expert and layer"
            .formatted(
                report.parameters(), report.parametersPerToken(), report.parametersPerExpert()));
    rows.put("layers", "%d, width %d".formatted(plan.layers().size(), plan.dModel()));
    rows.put("mixer", report.mixer());
    rows.put("experts", String.join(", ", plan.expertNames()));
    rows.put("backbone", report.backbone());
    rows.put("routing", report.rule());
    rows.put(
        "dtypes",
        report.dtypes().entrySet().stream()
            .map(e -> "%s %,d".formatted(e.getKey(), e.getValue()))
            .collect(Collectors.joining(", ")));
    rows.put(
        "vocabulary",
        "%,d (tokenizer: %,d)".formatted(plan.vocabulary(), model.tokenizer().vocabulary()));
    rows.put("longest prompt", "%,d tokens".formatted(plan.maxPromptTokens()));
    report.files().forEach((name, bytes) -> rows.put("file " + name, "%,d bytes".formatted(bytes)));
    rows.put("kernels here", Kernels.describe());
    rows.put("arithmetic", "version " + Arithmetic.VERSION);
    int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
    return rows.entrySet().stream()
        .map(row -> ("%-" + width + "s  %s").formatted(row.getKey(), row.getValue()))
        .collect(Collectors.joining(System.lineSeparator()));
  }
}
