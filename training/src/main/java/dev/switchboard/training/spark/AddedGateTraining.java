package dev.switchboard.training.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.data.Crops.Batch;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.gate.GateJudge;
import dev.switchboard.training.gate.GateParameters;
import dev.switchboard.training.gate.GateState;
import dev.switchboard.training.gate.GateTraining;
import dev.switchboard.training.run.MetricsLog;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Trains the gate of a model that has got one more expert, on Spark: the new column alone, the
 * others keep their bits; or all of them, from where they are.
 */
public final class AddedGateTraining {
  private final Settings settings;
  private final TwinConfig config;
  private final SequencedMap<String, Values> weights;

  /**
   * @param allColumns whether the other columns may move too
   */
  public record Settings(
      String master, long seed, boolean allColumns, GateTraining.Settings training) {}

  /**
   * What came of it.
   *
   * @param tensors of the gate, by the names of the model's file
   */
  public record Result(Map<String, Tensor> tensors, ObjectNode report) {}

  /**
   * @param config of the model with the new expert, which is the last
   * @param weights with the gate to start from
   */
  public AddedGateTraining(
      Settings settings, TwinConfig config, SequencedMap<String, Values> weights) {
    this.settings = settings;
    this.config = config;
    this.weights = weights;
  }

  /**
   * @param domains one an expert, in their order
   * @param folder for the curve
   */
  public Result run(List<Domain> domains, Vocabulary vocabulary, Path folder) throws IOException {
    ObjectNode report = MetricsLog.line();
    try (SparkSession session = Sessions.open(settings.master());
        GateJudge judge = new GateJudge(config, weights)) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      Batch heldOut = GateRun.heldOut(domains);
      GateState state = GateState.start(GateParameters.of(config, weights), new float[0]);
      report.put("steps", settings.training().steps());
      report.put("allColumns", settings.allColumns());
      ObjectNode loss = report.putObject("heldOutLoss");
      loss.put("before", judge.loss(state.point(1), heldOut));
      train(spark, domains, vocabulary, state, folder);
      loss.put("after", judge.loss(state.point(1), heldOut));
      report.put("dataFingerprint", Domain.fingerprint(domains));
      return new Result(tensors(state.parameters(config).tensors()), report);
    }
  }

  private void train(
      JavaSparkContext spark,
      List<Domain> domains,
      Vocabulary vocabulary,
      GateState state,
      Path folder)
      throws IOException {
    String identity = "gate-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    int column = settings.allColumns() ? GateTraining.ALL_COLUMNS : config.expertCount() - 1;
    GateState.Keeper keeper = new GateState.Keeper(folder.resolve("checkpoint.state"), identity);
    try (MetricsLog metrics = new MetricsLog(folder.resolve("gate-metrics.jsonl"), false)) {
      new GateRun(config, weights, settings.training(), settings.seed())
          .train(new GateRun.Spark(spark, vocabulary, metrics), domains, column, state, keeper);
    }
    keeper.drop();
  }

  /**
   * What was not trained keeps its bits: a decay is trained as its logit, and back is not exact.
   */
  private Map<String, Tensor> tensors(SequencedMap<String, Values> trained) {
    return GateRun.tensors(
        config,
        name -> {
          boolean kept = !settings.allColumns() && name.endsWith(".decay");
          return Objects.requireNonNull((kept ? weights : trained).get(name), name);
        });
  }
}
