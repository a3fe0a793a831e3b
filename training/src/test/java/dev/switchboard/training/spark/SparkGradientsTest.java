package dev.switchboard.training.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.training.data.LineHints;
import dev.switchboard.training.gate.GateLoss;
import dev.switchboard.training.gate.GateParameters;
import dev.switchboard.training.gate.GatePoint;
import dev.switchboard.training.gate.GateWork;
import dev.switchboard.training.twin.TinyTwin;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class SparkGradientsTest {
  @Test
  void oneThreadAndTwoGiveTheSameBits() throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    List<int[]> texts =
        List.of(
            random.ints(900, 0, 60).toArray(),
            random.ints(900, 0, 60).toArray(),
            random.ints(900, 0, 60).toArray());
    GateWork.Task task =
        GateWork.Task.of(
            TinyTwin.CONFIG,
            TinyTwin.weights(3),
            new GateWork.Reading(texts, LineHints.none(60)),
            new GateLoss(1, 0.01, 1e-4, 1),
            7);
    assertThat(sum("local[1]", task)).isEqualTo(sum("local[2]", task));
  }

  private static long[] sum(String master, GateWork.Task task) throws IOException {
    float[] gate = GateParameters.random(TinyTwin.CONFIG, 1).values();
    try (SparkSession session = Sessions.open(master);
        SparkGradients gradients =
            new SparkGradients(
                JavaSparkContext.fromSparkContext(session.sparkContext()),
                task,
                3,
                "test-" + master)) {
      return gradients.sum(0, GatePoint.of(gate, 0.5f));
    }
  }
}
