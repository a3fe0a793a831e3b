package dev.switchboard.training.spark;

import dev.switchboard.training.gate.FixedPoint;
import dev.switchboard.training.gate.GatePoint;
import dev.switchboard.training.gate.GateTraining.MicroBatches;
import dev.switchboard.training.gate.GateWork;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Micro-batches of a step shared out over the executors, their gradients added exactly on the way
 * back. No barrier: a lost executor costs the repetition of its micro-batches.
 */
final class SparkGradients implements MicroBatches, AutoCloseable {
  private final JavaSparkContext spark;
  private final Broadcast<GateWork.Task> task;
  private final List<Integer> numbers;
  private final int length;
  private final String run;

  SparkGradients(JavaSparkContext spark, GateWork.Task task, int microBatches, String run) {
    this.spark = spark;
    this.task = spark.broadcast(task);
    this.run = run;
    numbers = IntStream.range(0, microBatches).boxed().toList();
    length = GateWork.sums(task.config());
  }

  @Override
  public long[] sum(long step, GatePoint point) {
    int size = length;
    Broadcast<GateWork.Task> shared = task;
    String key = run;
    int slices = Math.min(numbers.size(), spark.defaultParallelism());
    return spark
        .parallelize(numbers, slices)
        .map(number -> ExecutorWork.of(key, shared).sum(step, number, point))
        .treeAggregate(new long[size], FixedPoint::add, FixedPoint::add);
  }

  @Override
  public void close() {
    task.destroy();
    ExecutorWork.release(run);
  }
}
