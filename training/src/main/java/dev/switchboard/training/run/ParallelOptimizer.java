package dev.switchboard.training.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.switchboard.training.optim.Optimizer;
import dev.switchboard.training.twin.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Adds the workers' gradients and lets each worker move its share of the weights. */
final class ParallelOptimizer implements AutoCloseable {
  private static final int MOST_SKIPPED = 10;

  private final Workers workers;
  private final List<Weights> replicas;
  private final List<List<String>> names = new ArrayList<>();
  private final List<Optimizer> parts = new ArrayList<>();
  private int skipped;

  /**
   * @param replicas one for each worker; the first one's gradients get the sum
   * @param trained the leaves of the first replica that are trained
   */
  ParallelOptimizer(
      NDManager manager,
      Workers workers,
      List<Weights> replicas,
      Map<String, NDArray> trained,
      Optimizer.Settings settings) {
    this.workers = workers;
    this.replicas = replicas;
    long[] load = new long[workers.count()];
    for (int i = 0; i < workers.count(); i++) {
      names.add(new ArrayList<>());
    }
    List<String> bySize = new ArrayList<>(trained.keySet());
    bySize.sort(
        Comparator.comparingLong((String name) -> -elements(trained, name))
            .thenComparing(name -> name));
    for (String name : bySize) {
      int least = 0;
      for (int i = 1; i < load.length; i++) {
        least = load[i] < load[least] ? i : least;
      }
      names.get(least).add(name);
      // The embedding's update is cheap for its size.
      load[least] += elements(trained, name) / (name.equals("embed") ? 6 : 1);
    }
    for (List<String> share : names) {
      Map<String, NDArray> leaves = new LinkedHashMap<>();
      share.forEach(name -> leaves.put(name, trained.get(name)));
      parts.add(new Optimizer(manager, settings, leaves));
    }
  }

  private static long elements(Map<String, NDArray> leaves, String name) {
    return Objects.requireNonNull(leaves.get(name), name).getShape().size();
  }

  /** Returns the norm of the summed gradient. */
  double step(double factor) {
    List<Double> squares = workers.all(this::collect);
    double norm = Math.sqrt(squares.stream().mapToDouble(Double::doubleValue).sum());
    if (Double.isFinite(norm)) {
      skipped = 0;
      workers.all(w -> {
        parts.get(w).move(factor, norm);
        return w;
      });
    } else {
      skip();
    }
    return norm;
  }

  /** One bad batch must not end a long run; many in a row are a bad run. */
  private void skip() {
    List<String> bad = parts.stream().flatMap(part -> part.notFinite().stream()).toList();
    if (++skipped > MOST_SKIPPED) {
      throw new IllegalStateException(
          "gradients are not finite, " + skipped + " steps in a row: " + bad);
    }
    System.err.println("step skipped: gradient not finite in " + bad);
    parts.forEach(Optimizer::clear);
  }

  private double collect(int worker) {
    for (int other = 1; other < replicas.size(); other++) {
      replicas.getFirst().takeGradients(replicas.get(other), names.get(worker));
    }
    return parts.get(worker).gradientSquares();
  }

  Map<String, NDArray> moments() {
    Map<String, NDArray> all = new LinkedHashMap<>();
    parts.forEach(part -> all.putAll(part.moments()));
    return all;
  }

  void resumeAt(long steps) {
    parts.forEach(part -> part.resumeAt(steps));
  }

  @Override
  public void close() {
    parts.forEach(Optimizer::close);
  }

  @Override
  public String toString() {
    return "ParallelOptimizer" + Arrays.toString(names.stream().mapToInt(List::size).toArray());
  }
}
