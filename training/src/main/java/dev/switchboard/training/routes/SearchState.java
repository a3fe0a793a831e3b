package dev.switchboard.training.routes;

import dev.switchboard.training.gate.GateAdam;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Where a search stands: all that it needs to go on as if it had never stopped. */
final class SearchState {
  /** Where the search began. */
  final List<LayerGate> first;

  final List<LayerGate> now;
  final List<LayerGate> best;
  final double[] least;
  final List<Double> variation;

  /** By layer; none where a bias is moved. */
  final List<GateAdam> adams;

  /** Of choices in the step before, by layer; empty before the first. */
  double[][] shares = new double[0][];

  final boolean weights;

  // size: the parts of a state
  SearchState(
      List<LayerGate> first,
      List<LayerGate> now,
      List<LayerGate> best,
      List<GateAdam> adams,
      boolean weights) {
    this.first = List.copyOf(first);
    this.now = now;
    this.best = best;
    this.adams = adams;
    this.weights = weights;
    this.least = new double[now.size()];
    this.variation = new ArrayList<>();
    Arrays.fill(least, Double.POSITIVE_INFINITY);
  }

  /** Before the first step. */
  static SearchState start(List<LayerGate> first, boolean weights) {
    List<GateAdam> adams =
        weights
            ? first.stream().map(gate -> GateAdam.fresh(gate.weight().length)).toList()
            : List.of();
    return new SearchState(first, new ArrayList<>(first), new ArrayList<>(first), adams, weights);
  }

  /** Steps that are done. */
  int step() {
    return variation.size();
  }

  /** What the search moves. */
  float[] numbers(LayerGate gate) {
    return weights ? gate.weight() : gate.correction();
  }

  LayerGate with(LayerGate gate, float[] numbers) {
    return weights ? gate.withWeight(numbers) : gate.withCorrection(numbers);
  }
}
