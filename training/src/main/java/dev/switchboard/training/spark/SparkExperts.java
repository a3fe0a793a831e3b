package dev.switchboard.training.spark;

import dev.switchboard.training.run.ExpertTask;
import dev.switchboard.training.run.ExpertTask.Trained;
import dev.switchboard.training.run.ExpertTasks;
import java.io.IOException;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Experts that learn alone, one Spark task each. */
public final class SparkExperts implements ExpertTasks.Runner {
  private final String master;

  public SparkExperts(String master) {
    this.master = master;
  }

  @Override
  public List<Trained> run(List<ExpertTask> tasks) throws IOException {
    try (SparkSession session = Sessions.open(master)) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      return spark.parallelize(tasks, tasks.size()).map(ExpertTask::run).collect();
    }
  }
}
