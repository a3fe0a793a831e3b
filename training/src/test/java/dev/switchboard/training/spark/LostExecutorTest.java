package dev.switchboard.training.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.training.gate.FixedPoint;
import dev.switchboard.training.gate.GatePoint;
import dev.switchboard.training.gate.GateWork;
import dev.switchboard.training.twin.TinyTwin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of one master and two workers in this process, their executors processes. */
class LostExecutorTest {
  private static final int MICRO_BATCHES = 4;
  private static final int STEPS = 3;

  @TempDir private Path home;

  @BeforeEach
  void layOutSpark() throws IOException {
    Files.createDirectories(home.resolve("jars"));
    System.setProperty("spark.testing", "true");
    System.setProperty("spark.test.home", home.toString());
  }

  @AfterEach
  void forgetSpark() {
    System.clearProperty("spark.testing");
    System.clearProperty("spark.test.home");
  }

  @Test
  void anExecutorThatIsKilledCostsTimeAndNoBit() throws IOException {
    GateWork.Task task = GateTasks.tiny();
    GatePoint start = GateTasks.start();
    List<long[]> found = new ArrayList<>();
    boolean[] killed = {false};
    try (SparkSession session = Sessions.open("local-cluster[2,1,1024]");
        SparkGradients gradients =
            new SparkGradients(
                JavaSparkContext.fromSparkContext(session.sparkContext()),
                task,
                MICRO_BATCHES,
                "lost")) {
      for (int step = 0; step < STEPS; step++) {
        if (step == 1) {
          executor().ifPresent(process -> killed[0] = process.destroyForcibly());
        }
        found.add(gradients.sum(step, start));
      }
    }
    assertThat(killed[0]).as("an executor was there to be killed").isTrue();
    try (GateWork alone = new GateWork(task)) {
      for (int step = 0; step < STEPS; step++) {
        long[] sum = new long[GateWork.sums(TinyTwin.CONFIG)];
        for (int number = 0; number < MICRO_BATCHES; number++) {
          FixedPoint.add(sum, alone.sum(step, number, start));
        }
        assertThat(found.get(step)).as("step %d", step).isEqualTo(sum);
      }
    }
  }

  /** This process starts no others. */
  private static Optional<ProcessHandle> executor() {
    return ProcessHandle.current().children().findFirst();
  }
}
