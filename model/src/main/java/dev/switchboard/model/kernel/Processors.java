package dev.switchboard.model.kernel;

import dev.switchboard.model.memory.Pace;
import java.util.concurrent.ForkJoinTask;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Work of a start, on all processors. Not for the way of a token. */
public final class Processors {
  private Processors() {}

  /**
   * Runs a body for 0 to {@code count - 1}, in any order. Where this is part of such work already,
   * on this thread alone: all processors are at it. So where the thread is to keep to itself.
   */
  public static void forEach(int count, IntConsumer body) {
    IntStream all = IntStream.range(0, count);
    (ForkJoinTask.inForkJoinPool() || Pace.current().alone() ? all : all.parallel()).forEach(body);
  }
}
