package dev.switchboard.training.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.training.gate.GateWork;
import java.io.IOException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class SparkGradientsTest {
  @Test
  void oneThreadAndTwoGiveTheSameBits() throws IOException {
    GateWork.Task task = GateTasks.tiny();
    assertThat(sum("local[1]", task)).isEqualTo(sum("local[2]", task));
  }

  private static long[] sum(String master, GateWork.Task task) throws IOException {
    try (SparkSession session = Sessions.open(master);
        SparkGradients gradients =
            new SparkGradients(
                JavaSparkContext.fromSparkContext(session.sparkContext()),
                task,
                3,
                "test-" + master)) {
      return gradients.sum(0, GateTasks.start());
    }
  }
}
