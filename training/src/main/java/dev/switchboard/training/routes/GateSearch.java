package dev.switchboard.training.routes;

import dev.switchboard.training.gate.FixedPoint;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Moves gates until their load is even: by a bias on the scores of each expert, up where it has
 * less than its share and down where it has more (Wang et al., "Auxiliary-Loss-Free Load
 * Balancing"), or by Adam on the weights.
 */
public final class GateSearch {
  /** What all rows say of these gates: {@link RouteSums#sums}, added up. */
  public interface Rows {
    long[] sum(List<LayerGate> now, double balance, double[][] shares);
  }

  /** Each step of a bias is that much of the one before. */
  private static final double SHRINK = 0.96;

  /**
   * @param rate of a bias: first step by a usual score; of weights: of a step, by their root mean
   *     square
   * @param balance weight of the balance against staying as it was; weights alone
   */
  public record Settings(boolean weights, int steps, double rate, double balance) {
    public Settings {
      if (steps < 1 || steps > 100_000 || !(rate > 0) || !(balance >= 0)) {
        throw new IllegalArgumentException(
            "steps %s, rate %s, balance %s; expected 1 or more, above 0, 0 or more"
                .formatted(steps, rate, balance));
      }
    }
  }

  /**
   * Where it ended.
   *
   * @param variation of the load by step, mean over the layers
   */
  public record Found(List<LayerGate> gates, List<Double> variation) {
    public Found {
      gates = List.copyOf(gates);
      variation = List.copyOf(variation);
    }
  }

  private final Settings settings;
  private final Rows rows;

  public GateSearch(Settings settings, Rows rows) {
    this.settings = settings;
    this.rows = rows;
  }

  /** From these gates; the most even ones that were met. */
  public Found run(List<LayerGate> first) {
    return run(SearchState.start(first, settings.weights()), state -> {});
  }

  /**
   * From these gates, or from where the search was left; the most even ones that were met.
   *
   * @throws IOException if what was kept is of another search
   */
  public Found run(List<LayerGate> first, boolean resume, SearchKeeper keeper) throws IOException {
    SearchState fresh = SearchState.start(first, settings.weights());
    return run(resume ? keeper.resume(fresh) : fresh, keeper::stepped);
  }

  private Found run(SearchState state, Consumer<SearchState> stepped) {
    // By the first gates: a search that goes on takes steps of the size that it began with.
    double[] rates =
        state.first.stream().mapToDouble(g -> settings.rate() * size(g.weight())).toArray();
    while (state.step() <= settings.steps()) {
      if (settings.weights()) {
        stepWeights(state, rates);
      } else {
        stepBias(state);
      }
      stepped.accept(state);
    }
    return new Found(state.best, state.variation);
  }

  private void stepBias(SearchState state) {
    double size = settings.rate();
    for (int step = 0; step < state.step(); step++) {
      size *= SHRINK;
    }
    List<LayerGate> now = state.now;
    long[][] tokens = counts(rows.sum(now, 0, new double[0][]), now, false);
    keepBest(state, tokens);
    for (int i = 0; i < now.size(); i++) {
      now.set(i, stepped(now.get(i), tokens[i], size));
    }
  }

  private static LayerGate stepped(LayerGate gate, long[] tokens, double size) {
    double mean = Arrays.stream(tokens).average().orElse(0);
    float[] correction = gate.correction().clone();
    for (int e = 0; e < correction.length; e++) {
      correction[e] += (float) (size * gate.unit() * Math.signum(mean - tokens[e]));
    }
    return gate.withCorrection(correction);
  }

  private static void keepBest(SearchState state, long[][] tokens) {
    double sum = 0;
    for (int i = 0; i < tokens.length; i++) {
      double variation = Load.of(tokens[i]).variation();
      if (variation < state.least[i]) {
        state.least[i] = variation;
        state.best.set(i, state.now.get(i));
      }
      sum += variation;
    }
    state.variation.add(sum / tokens.length);
  }

  private void stepWeights(SearchState state, double[] rates) {
    List<LayerGate> now = state.now;
    if (state.shares.length == 0) {
      state.shares = shares(counts(rows.sum(now, 0, new double[0][]), now, false));
    }
    long[] sums = rows.sum(now, settings.balance(), state.shares);
    long[][] tokens = counts(sums, now, true);
    keepBest(state, tokens);
    state.shares = shares(tokens);
    int at = 0;
    for (int i = 0; i < now.size(); i++) {
      LayerGate gate = now.get(i);
      at += gate.experts();
      long all = Arrays.stream(tokens[i]).sum() / gate.rule().topK();
      double[] gradient = new double[gate.weight().length];
      for (int j = 0; j < gradient.length; j++) {
        gradient[j] = FixedPoint.toDouble(sums[at + j]) / Math.max(1, all);
      }
      float[] weight = gate.weight().clone();
      state.adams.get(i).step(weight, gradient, rates[i]);
      now.set(i, gate.withWeight(weight));
      at += gradient.length;
    }
  }

  private static double size(float[] weight) {
    double squares = 0;
    for (float value : weight) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / Math.max(1, weight.length));
  }

  private static double[][] shares(long[][] tokens) {
    double[][] shares = new double[tokens.length][];
    for (int i = 0; i < tokens.length; i++) {
      double all = Math.max(1, Arrays.stream(tokens[i]).sum());
      shares[i] = Arrays.stream(tokens[i]).mapToDouble(n -> n / all).toArray();
    }
    return shares;
  }

  /** Tokens of each expert, by layer, from the sums. */
  public static long[][] counts(long[] sums, List<LayerGate> gates, boolean gradient) {
    long[][] tokens = new long[gates.size()][];
    int at = 0;
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = Arrays.copyOfRange(sums, at, at + gates.get(i).experts());
      at += gates.get(i).experts() + (gradient ? gates.get(i).weight().length : 0);
    }
    return tokens;
  }
}
