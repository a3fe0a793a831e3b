package dev.switchboard.training.spark;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.data.Crops;
import dev.switchboard.training.data.Crops.Batch;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.gate.GateState;
import dev.switchboard.training.gate.GateTraining;
import dev.switchboard.training.gate.GateWork;
import dev.switchboard.training.run.MetricsLog;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What all trainings of gates on Spark have in common: the texts, the steps, the tensors.
 *
 * @param weights of the whole model; all but the gates stay as they are
 */
record GateRun(
    TwinConfig config,
    SequencedMap<String, Values> weights,
    GateTraining.Settings settings,
    long seed) {
  private static final int HELD_OUT_WINDOWS = 8;
  private static final int HELD_OUT_TOKENS = 128;

  /** The windows that gates are judged by, before and after. */
  static Batch heldOut(List<Domain> domains) {
    return Crops.heldOut(domains, HELD_OUT_WINDOWS, HELD_OUT_TOKENS);
  }

  /**
   * Trains from the state on, which is changed.
   *
   * @param column the one that learns, or {@link GateTraining#ALL_COLUMNS}
   */
  ArrayNode train(
      Spark spark, List<Domain> domains, int column, GateState state, GateState.Keeper keeper)
      throws IOException {
    List<int[]> texts = domains.stream().map(Domain::train).toList();
    GateWork.Task task =
        GateWork.Task.of(
            config,
            weights,
            new GateWork.Reading(texts, spark.vocabulary().lineHints(), settings.lengths()),
            settings.loss(),
            seed);
    String run = "gate-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    try (SparkGradients gradients =
        new SparkGradients(spark.context(), task, settings.microBatches(), run)) {
      return new GateTraining(config, settings, gradients, column)
          .run(state, keeper, spark.metrics());
    }
  }

  /** Where a training runs, what its texts are made of, and where its curve goes. */
  record Spark(JavaSparkContext context, Vocabulary vocabulary, MetricsLog metrics) {}

  /** The gates of all layers by the names of the model's file. */
  static Map<String, Tensor> tensors(TwinConfig config, Function<String, Values> values) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      tensors.putAll(HuggingFaceLayout.exportGate(layer, values));
    }
    return tensors;
  }
}
