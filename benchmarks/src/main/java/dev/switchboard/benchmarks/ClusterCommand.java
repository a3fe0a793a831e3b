package dev.switchboard.benchmarks;

import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench cluster}. */
@Command(
    name = "cluster",
    description = "One process beside a router with nodes on this machine, by turns in one run.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {
      "",
      "All of them run and are warm, and take turns: a prompt of each, then generation of each, round",
      "after round. A ratio is of two speeds of one round; given are its median, least and greatest.",
      "",
      "Example:",
      "  ./switchboard bench cluster mixtral-q8_0.gguf --prompt 512 --generate 48 --runs 9 --json"
    })
final class ClusterCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();
  @Mixin private ModelPath modelPath = new ModelPath();
  @Mixin private IdsFile ids = new IdsFile();
  @Mixin private Effort effort = new Effort();
  @Mixin private Binding binding = new Binding();
  @Mixin private ProcessorOptions processors = new ProcessorOptions();

  @Option(
      names = "--only",
      paramLabel = "ROW",
      split = ",",
      description = "Of the rows: turns, both, split, spread (default: all).")
  private List<Row> only = List.of(Row.values());

  /** Who is compared with one process of {@code threads}, or of half as many. */
  enum Row {
    TURNS,
    BOTH,
    SPLIT,
    SPREAD;

    String text(int threads) {
      int half = half(threads);
      return switch (this) {
        case TURNS -> "router of %d, a node of %d".formatted(threads, threads);
        case BOTH -> "router of %d, two nodes of %d, all experts on each".formatted(threads, half);
        case SPLIT -> "router of %d, two nodes of %d, experts split".formatted(half, half);
        case SPREAD -> "router of %d, two nodes of %d, all experts on each".formatted(half, half);
      };
    }

    int besideThreads(int threads) {
      return this == TURNS || this == BOTH ? threads : half(threads);
    }

    Arrangement arrangement(int threads, String kernels, boolean bind) {
      int nodes = this == TURNS ? 1 : 2;
      int each = this == TURNS ? threads : half(threads);
      int replicas = this == BOTH || this == SPREAD ? 2 : 1;
      return new Arrangement(each, besideThreads(threads), nodes, replicas, 1, kernels, bind);
    }

    private static int half(int threads) {
      return Math.max(1, threads / 2);
    }
  }

  @Override
  public Integer call() {
    Path model = modelPath.path();
    int threads = processors.threads(Runtime.getRuntime().availableProcessors());
    Arithmetic.chooseKernels(processors.kernels());
    Sizes sizes = effort.sizes(false);
    Machine machine = Machine.here();
    output.line(machine.text());
    output.line(sizes.text());
    List<ClusterRow> rows = measure(model, threads, sizes);
    rows.forEach(row -> output.line(row.text()));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", String.valueOf(model.getFileName()));
    json.put("threads", threads);
    json.put("bound", binding.bound());
    json.put("prompt", sizes.prompt());
    json.put("generate", sizes.generate());
    json.put("rows", rows.stream().map(ClusterRow::json).toList());
    json.put("machine", machine);
    output.json(json);
    return 0;
  }

  private List<ClusterRow> measure(Path file, int threads, Sizes sizes) {
    Map<String, Contender> contenders = new LinkedHashMap<>();
    try (Model model = Model.open(file)) {
      try {
        start(model, file, threads, sizes, contenders);
        ClusterRounds rounds = new ClusterRounds(contenders);
        output.progress("warming " + contenders.size() + " arrangements");
        rounds.warm(sizes.warmup());
        output.progress("measuring");
        return rows(rounds.measure(sizes.runs()), threads);
      } finally {
        contenders.values().forEach(Contender::close);
      }
    }
  }

  private void start(
      Model model, Path file, int threads, Sizes sizes, Map<String, Contender> contenders) {
    Workload work = Workload.of(ids.file(), model.plan().vocabulary(), sizes);
    for (Row row : only) {
      int beside = row.besideThreads(threads);
      contenders.computeIfAbsent(process(beside), name -> new InProcess(model, beside, work));
    }
    long kvBytes = model.sizes().keyValueBytesPerToken();
    for (Row row : only) {
      Arrangement arrangement = row.arrangement(threads, processors.kernels(), binding.bound());
      contenders.put(row.text(threads), OverNodes.start(file, arrangement, work, kvBytes));
    }
  }

  private List<ClusterRow> rows(Map<String, ClusterRow.Rounds> speeds, int threads) {
    List<ClusterRow> rows = new ArrayList<>();
    for (Row row : only) {
      rows.add(row(speeds, process(row.besideThreads(threads)), row.besideThreads(threads)));
    }
    for (Row row : only) {
      rows.add(row(speeds, row.text(threads), row.besideThreads(threads)));
    }
    return rows.stream().distinct().toList();
  }

  private static ClusterRow row(Map<String, ClusterRow.Rounds> speeds, String name, int beside) {
    return ClusterRow.of(
        name,
        beside,
        Objects.requireNonNull(speeds.get(name)),
        Objects.requireNonNull(speeds.get(process(beside))));
  }

  private static String process(int threads) {
    return "one process of " + threads;
  }
}
