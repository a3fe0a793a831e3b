package dev.switchboard.training.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.training.routes.GateSearch;
import dev.switchboard.training.spark.RouteSettings;
import dev.switchboard.training.spark.RouteTraining;
import dev.switchboard.training.spark.Sessions;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Evens the load of a served model's experts by its recorded routes. */
@Command(
    name = "routes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description = {
      "New gates of recorded routes, of any served model: the load of its experts is evened within a",
      "bounded change of each layer's output, which is measured with the experts as they are served.",
      "The same as: switchboard train router --from-routes"
    },
    footer = {
      "",
      "Example:",
      "  switchboard route --router localhost:7000 --file text.txt --window 1000 --trace-inputs r.bin",
      "  switchboard train router --from-routes r.bin --model M --router localhost:7000 --out gate"
    })
final class RoutesCommand implements Callable<Integer> {
  enum Mode {
    bias,
    weights
  }

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--from-routes",
      required = true,
      paramLabel = "FILE",
      description = "what route --trace-inputs has written")
  private Path routes = Path.of("");

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "the model; nothing but its gates is read")
  private Path model = Path.of("");

  @Option(
      names = "--router",
      required = true,
      paramLabel = "HOST:PORT",
      description = "router that serves it: its experts are asked there")
  private String router = "";

  @Option(names = "--out", required = true, description = "gate directory to write")
  private Path out = Path.of("");

  @Option(
      names = "--mode",
      description =
          "${COMPLETION-CANDIDATES}: a correction on each expert's score, or the gate's weights",
      defaultValue = "bias")
  private Mode mode = Mode.bias;

  @Option(
      names = "--max-change",
      paramLabel = "PART",
      description = "relative change (L2) of a layer's routed output at the most",
      defaultValue = "0.1")
  private double most;

  @Option(
      names = "--change-rows",
      paramLabel = "N",
      description = "tokens that the change is measured on",
      defaultValue = "256")
  private int sampleRows;

  @Option(names = "--steps", defaultValue = "100")
  private int steps;

  @Option(
      names = "--rate",
      description =
          "of bias: first step by a usual score (0.1); of weights: of each step by their size (0.02)",
      showDefaultValue = Help.Visibility.NEVER)
  private @Nullable Double rate;

  @Option(
      names = "--balance",
      description = "of weights: weight of the balance against staying as it was",
      defaultValue = "1")
  private double balance;

  @Option(names = "--seed", description = "of the sample", defaultValue = "1")
  private long seed;

  @Option(
      names = "--checkpoint-steps",
      paramLabel = "N",
      description = "the search is kept in OUT after every so many steps",
      defaultValue = "20")
  private int checkpointSteps;

  @Option(names = "--resume", description = "go on from OUT; of other routes it is refused")
  private boolean resume;

  @Option(
      names = "--master",
      description = "Spark master; local[*], or what spark-submit says",
      showDefaultValue = Help.Visibility.NEVER)
  private @Nullable String master;

  @Option(names = "--json", description = "one JSON object on stdout, on one line")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    double step = rate != null ? rate : mode == Mode.bias ? 0.1 : 0.02;
    RouteSettings settings =
        Failures.checked(
            spec,
            () ->
                new RouteSettings(
                    routes,
                    model,
                    router,
                    out,
                    Sessions.master(master),
                    most,
                    sampleRows,
                    seed,
                    new GateSearch.Settings(mode == Mode.weights, steps, step, balance),
                    new RouteSettings.Keeping(checkpointSteps, resume)));
    ObjectNode report = new RouteTraining(settings).run();
    System.out.println(json ? report.toString() : text(report));
    return 0;
  }

  private static String text(ObjectNode report) {
    StringBuilder text = new StringBuilder();
    for (JsonNode layer : report.path("layers")) {
      text.append(line("layer " + layer.path("layer").asInt(), layer)).append('\n');
    }
    return text.append(line("mean", report))
        .append(
            "\n%s: gates of version %s"
                .formatted(report.path("out").asText(), report.path("version").asText()))
        .toString();
  }

  private static String line(String name, JsonNode node) {
    return String.format(
        Locale.ROOT,
        "%-9s busiest by mean %.3f -> %.3f, variation %.3f -> %.3f, output changes by %.4f",
        name,
        node.path("before").path("mostByMean").asDouble(),
        node.path("after").path("mostByMean").asDouble(),
        node.path("before").path("variation").asDouble(),
        node.path("after").path("variation").asDouble(),
        node.path("change").asDouble());
  }
}
