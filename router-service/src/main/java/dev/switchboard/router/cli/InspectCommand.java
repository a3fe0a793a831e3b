package dev.switchboard.router.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.ModelSizes;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.kernel.Kernels;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a model holds, and what a cluster needs for it. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Shows what a model of any family is made of, checks that its files fit together (names,"
          + " shapes and",
      "types of all tensors; no weights are loaded), and says what memory a cluster needs for it.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  switchboard inspect",
      "  switchboard inspect models/mixtral --nodes 4",
      "  switchboard inspect --model smollm2.gguf --json",
      "",
      "Exit status: 0 done, 1 not a model that can be run, 2 wrong usage."
    })
final class InspectCommand implements Callable<Integer> {
  private static final int MOST_NODES = 4096;

  private final Map<String, String> environment;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "Model directory or GGUF file (default: the embedded model).")
  private @Nullable Path model;

  @Option(names = "--model", paramLabel = "MODEL", description = "The same, as an option.")
  private @Nullable Path sameModel;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "Expert nodes to tell the memory for (default: ${DEFAULT-VALUE}).")
  private int nodes = 2;

  @Option(names = "--json", description = "One JSON object instead of a table.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  InspectCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    if (model != null && sameModel != null) {
      throw wrong("MODEL and --model are the same: give one of them");
    }
    if (nodes < 1 || nodes > MOST_NODES) {
      throw wrong("--nodes %d: expected 1 to %d".formatted(nodes, MOST_NODES));
    }
    Path path = Home.model(Optional.ofNullable(model == null ? sameModel : model), environment);
    try (Model opened = Model.open(path)) {
      ModelReport report = ModelReport.of(opened);
      System.out.println(json ? pretty(toJson(report, nodes)) : table(report, nodes));
      return Exit.DONE;
    } catch (CheckpointException | IllegalArgumentException | UncheckedIOException e) {
      return Exit.fail(e.getMessage());
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(
        Objects.requireNonNull(spec, "picocli sets the spec").commandLine(), message);
  }

  private static ObjectNode toJson(ModelReport report, int nodes) {
    Model model = report.model();
    ModelPlan plan = model.plan();
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("path", report.path().toString());
    node.put("name", plan.name());
    node.put("modelType", plan.modelType());
    node.put("format", report.format());
    node.put("fingerprint", model.fingerprint());
    putSizes(node, report);
    node.put("layers", plan.layers().size());
    node.put("dModel", plan.dModel());
    node.put("mixer", report.mixer());
    LayerWords.mixers(plan).forEach((text, of) -> group(node.withArray("mixers"), text, of));
    LayerWords.feeds(plan).forEach((text, of) -> group(node.withArray("feeds"), text, of));
    node.put("experts", report.experts());
    node.putArray("expertNames");
    plan.expertNames().forEach(node.withArray("expertNames")::add);
    node.put("expertBackbone", report.backbone());
    node.put("topK", report.topK());
    node.put("routingRule", report.rule());
    node.put("vocabulary", plan.vocabulary());
    node.put("tokenizerVocabulary", boxed(report.tokenizerIds()));
    node.put("chatTemplate", report.hasChatTemplate());
    node.put("maxPromptTokens", plan.maxPromptTokens());
    report.missing().forEach(node.putArray("missing")::add);
    putMemory(node, report.memory(nodes));
    report.files().forEach(node.putObject("files")::put);
    node.put("kernels", Kernels.describe());
    node.put("arithmeticVersion", Arithmetic.VERSION);
    return node;
  }

  private static @Nullable Integer boxed(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }

  private static void group(ArrayNode groups, String text, List<Integer> layers) {
    ObjectNode group = groups.addObject().put("what", text);
    layers.forEach(group.putArray("layers")::add);
  }

  private static void putSizes(ObjectNode node, ModelReport report) {
    ModelSizes sizes = report.sizes();
    ObjectNode parameters = node.putObject("parameters");
    parameters.put("total", sizes.total().parameters());
    parameters.put("activePerToken", sizes.activeParameters());
    parameters.put("perExpert", report.parametersPerExpert());
    node.putObject("expertMultiplyAddsPerToken")
        .put("active", DomainScores.active(report.model()))
        .put("all", DomainScores.all(report.model()));
    ObjectNode bytes = node.putObject("bytes");
    bytes.put("total", sizes.total().bytes());
    bytes.put("trunk", sizes.trunk().bytes());
    bytes.put("keysAndValuesPerToken", sizes.keyValueBytesPerToken());
    bytes.put("statePerSequence", sizes.stateBytes());
    ObjectNode dtypes = node.putObject("dtypes");
    sizes.dtypes().forEach((name, size) -> dtypes.put(name, size.parameters()));
  }

  private static void putMemory(ObjectNode node, MemoryNeed need) {
    node.putObject("memory")
        .put("nodes", need.nodes())
        .put("nodeBytes", need.nodeBytes())
        .put("routerBytes", need.routerBytes())
        .put("inProcessBytes", need.inProcessBytes());
  }

  private static String pretty(ObjectNode node) {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values always prints", e);
    }
  }

  private static String table(ModelReport report, int nodes) {
    Map<String, String> rows = new LinkedHashMap<>();
    putModel(rows, report);
    putLayers(rows, report);
    putNeeds(rows, report, nodes);
    int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
    return rows.entrySet().stream()
        .map(row -> ("%-" + width + "s  %s").formatted(row.getKey(), row.getValue()))
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private static void putModel(Map<String, String> rows, ModelReport report) {
    Model model = report.model();
    ModelPlan plan = model.plan();
    rows.put("path", report.path().toString());
    rows.put("model", "%s (%s, %s)".formatted(plan.name(), plan.modelType(), report.format()));
    rows.put("fingerprint", model.fingerprint());
    rows.put(
        "parameters",
        "%,d; %,d awake per token; %,d an expert and layer"
            .formatted(
                report.sizes().total().parameters(),
                report.sizes().activeParameters(),
                report.parametersPerExpert()));
    long all = DomainScores.all(model);
    if (all > 0) {
      long active = DomainScores.active(model);
      rows.put(
          "experts' work",
          "%,d of %,d multiply-adds a token (%.1f %%)"
              .formatted(active, all, 100.0 * active / all));
    }
    rows.put(
        "dtypes",
        report.sizes().dtypes().entrySet().stream()
            .map(e -> "%s %,d".formatted(e.getKey(), e.getValue().parameters()))
            .collect(Collectors.joining(", ")));
  }

  private static void putLayers(Map<String, String> rows, ModelReport report) {
    ModelPlan plan = report.model().plan();
    rows.put("layers", "%d, width %d".formatted(plan.layers().size(), plan.dModel()));
    rows.put("mixers", groups(LayerWords.mixers(plan)));
    rows.put("feeds", groups(LayerWords.feeds(plan)));
    rows.put("routing", report.rule());
    boolean named =
        !plan.expertNames().isEmpty() && !plan.expertNames().get(0).startsWith("expert-");
    if (named) {
      rows.put("experts", String.join(", ", plan.expertNames()));
    }
    OptionalInt ids = report.tokenizerIds();
    rows.put(
        "vocabulary",
        "%,d (tokenizer: %s; chat template: %s)"
            .formatted(
                plan.vocabulary(),
                ids.isPresent() ? "%,d".formatted(ids.getAsInt()) : "none",
                report.hasChatTemplate() ? "yes" : "none"));
    rows.put(
        "longest prompt",
        plan.maxPromptTokens() == Integer.MAX_VALUE
            ? "any; a router's setting"
            : "%,d tokens".formatted(plan.maxPromptTokens()));
  }

  private static void putNeeds(Map<String, String> rows, ModelReport report, int nodes) {
    ModelSizes sizes = report.sizes();
    MemoryNeed need = report.memory(nodes);
    rows.put(
        "a sequence keeps",
        "%,d bytes a token of keys and values, %,d bytes of states"
            .formatted(sizes.keyValueBytesPerToken(), sizes.stateBytes()));
    rows.put(
        "memory",
        "%s a node of %d; %s the router; %s in one process (keys and values: router.kvCacheBytes)"
            .formatted(
                bytes(need.nodeBytes()),
                nodes,
                bytes(need.routerBytes()),
                bytes(need.inProcessBytes())));
    if (!report.missing().isEmpty()) {
      rows.put("missing", String.join("; ", report.missing()));
    }
    report.files().forEach((name, bytes) -> rows.put("file " + name, "%,d bytes".formatted(bytes)));
    rows.put("kernels here", Kernels.describe());
    rows.put("arithmetic", "version " + Arithmetic.VERSION);
  }

  private static String bytes(long bytes) {
    return bytes < 10L << 30
        ? "%,d MiB".formatted(Math.ceilDiv(bytes, 1L << 20))
        : "%,.1f GiB".formatted(bytes / (double) (1L << 30));
  }

  /** One kind of layer needs no list of layers. */
  private static String groups(Map<String, List<Integer>> groups) {
    if (groups.isEmpty()) {
      return "none";
    }
    return groups.entrySet().stream()
        .map(group ->
            "%s (layer%s %s)"
                .formatted(
                    group.getKey(),
                    group.getValue().size() == 1 ? "" : "s",
                    LayerWords.ranges(group.getValue())))
        .collect(Collectors.joining("; "));
  }
}
