package dev.switchboard.training.spark;

import dev.switchboard.training.gate.GateWork;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.broadcast.Broadcast;

/** What an executor keeps between the steps of a run: the frozen model in native memory. */
final class ExecutorWork {
  private static final Map<String, GateWork> RUNS = new ConcurrentHashMap<>();

  private ExecutorWork() {}

  static GateWork of(String run, Broadcast<GateWork.Task> task) {
    return RUNS.computeIfAbsent(run, key -> new GateWork(task.value()));
  }

  /** Frees the memory in this process; executors elsewhere end with their run. */
  static void release(String run) {
    GateWork work = RUNS.remove(run);
    if (work != null) {
      work.close();
    }
  }
}
