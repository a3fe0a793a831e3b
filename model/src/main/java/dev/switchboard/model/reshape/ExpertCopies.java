package dev.switchboard.model.reshape;

import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A layer's dense network as pieces of experts: what a unit of an expert is made of. Unit u of a
 * network is row u of gate and of up, and column u of down.
 */
final class ExpertCopies {
  private static final int GATE = 0;
  private static final int UP = 1;
  private static final int DOWN = 2;
  private static final int UNITS = 3;
  private static final int NOISE = 8;

  private final UpcycleOptions options;
  private final int layer;
  private final SourceMatrix[] dense;
  private final int width;
  private final Map<String, Spread> spreads = new ConcurrentHashMap<>();
  private final Map<Integer, BitSet> begunAnew = new ConcurrentHashMap<>();

  /** Mean and standard deviation of weights. */
  private record Spread(double mean, double deviation) {
    double draw(double normal) {
      return mean + deviation * normal;
    }
  }

  /** Which of a matrix's weights count. */
  private interface Which {
    boolean at(int row, int column);
  }

  ExpertCopies(Checkpoint checkpoint, FfnPlan network, UpcycleOptions options, int layer) {
    this.options = options;
    this.layer = layer;
    this.width = network.intermediate();
    this.dense =
        new SourceMatrix[] {
          source(checkpoint, network.gate().orElseThrow().weight()),
          source(checkpoint, network.up().weight()),
          source(checkpoint, network.down().weight())
        };
  }

  private static SourceMatrix source(Checkpoint checkpoint, MatrixPlan plan) {
    return SourceMatrix.of(checkpoint, plan, 0, SourceMatrix.AS_IT_IS);
  }

  /** Adds gate, up and down of one expert, under three names. */
  void add(FloatItems items, int expert, String gate, String up, String down) {
    int copy = expert / options.granularity();
    int units = width / options.granularity();
    int first = expert % options.granularity() * units;
    int dModel = dense[GATE].columns();
    items.matrix(gate, units, dModel, unitRows(GATE, copy, first), dense[GATE]::release);
    items.matrix(up, units, dModel, unitRows(UP, copy, first), dense[UP]::release);
    items.matrix(down, dModel, units, unitColumns(copy, first, units), dense[DOWN]::release);
  }

  private FloatItems.Rows unitRows(int matrix, int copy, int first) {
    return (row, out, at) -> {
      int unit = first + row;
      dense[matrix].read(unit, out, at);
      change(matrix, copy, unit, false, out, at, dense[matrix].columns());
    };
  }

  /** The pieces of a copy share its weight, so each counts that much more. */
  private FloatItems.Rows unitColumns(int copy, int first, int units) {
    return (row, out, at) -> {
      float[] whole = new float[width];
      dense[DOWN].read(row, whole, 0);
      change(DOWN, copy, row, true, whole, 0, width);
      for (int i = 0; i < units; i++) {
        out[at + i] = whole[first + i] * options.granularity();
      }
    };
  }

  // size: one row of one matrix of one copy
  private void change(
      int matrix, int copy, int row, boolean columns, float[] out, int at, int length) {
    if (options.exact()) {
      return;
    }
    BitSet anew = begunAnew.computeIfAbsent(copy, this::anew);
    Spread drawn = options.drop() > 0 ? spread(matrix, copy, anew) : new Spread(0, 0);
    double noise = options.noise() > 0 ? options.noise() * spread(matrix, -1, anew).deviation() : 0;
    Draws draws = Draws.of(options.seed(), layer, copy, matrix);
    Draws noises = Draws.of(options.seed(), layer, copy, matrix + NOISE);
    for (int i = 0; i < length; i++) {
      long place = (long) row * length + i;
      if (anew.get(columns ? i : row)) {
        out[at + i] = (float) drawn.draw(draws.normal(place));
      } else if (noise > 0) {
        out[at + i] += (float) (noise * noises.normal(place));
      }
    }
  }

  /** The units of a copy that begin anew: those of the smallest draws. */
  private BitSet anew(int copy) {
    BitSet units = new BitSet(width);
    if (options.drop() > 0) {
      Draws draws = Draws.of(options.seed(), layer, copy, UNITS);
      for (int unit = 0; unit < width; unit++) {
        units.set(unit, draws.uniform(unit) < options.drop());
      }
    }
    return units;
  }

  /**
   * @param copy whose new units' old weights are meant; -1: all weights
   */
  private Spread spread(int matrix, int copy, BitSet anew) {
    return spreads.computeIfAbsent(
        matrix + " " + copy,
        key ->
            measured(
                dense[matrix],
                (row, column) -> copy < 0 || anew.get(matrix == DOWN ? column : row)));
  }

  private static Spread measured(SourceMatrix matrix, Which which) {
    float[] values = new float[matrix.columns()];
    double sum = 0;
    double squares = 0;
    long count = 0;
    for (int row = 0; row < matrix.rows(); row++) {
      matrix.read(row, values, 0);
      for (int column = 0; column < values.length; column++) {
        if (which.at(row, column)) {
          sum += values[column];
          squares += (double) values[column] * values[column];
          count++;
        }
      }
    }
    double mean = count == 0 ? 0 : sum / count;
    double variance = count == 0 ? 0 : Math.max(0, squares / count - mean * mean);
    return new Spread(mean, Math.sqrt(variance));
  }
}
