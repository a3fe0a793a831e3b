package dev.switchboard.training.gate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.training.run.MetricsLog;
import dev.switchboard.training.run.Progress;
import dev.switchboard.training.twin.TwinConfig;
import java.io.IOException;
import java.util.Locale;

/**
 * Minibatch Adam on the gates: gradients come from elsewhere as exact sums, every decision is made
 * here in plain Java. So the gate is the same for every way of sharing out the micro-batches.
 */
public final class GateTraining {
  private static final double WARM_UP_STEPS = 3;
  private static final double FLOOR = 0.05;

  public static final int ALL_COLUMNS = -1;

  /** Where gradients come from. */
  @FunctionalInterface
  public interface MicroBatches {
    /**
     * Sums over the micro-batches of one step, in fixed point: gradient and numbers.
     *
     * @param point where the gates stand
     */
    long[] sum(long step, GatePoint point);
  }

  /**
   * @param microBatches in each step
   * @param rate peak learning rate
   * @param biasRate what loss-free balancing adds to or takes from an expert's bias in a step; 0:
   *     it is off
   * @param lengths of the sequences
   */
  public record Settings(
      long steps,
      int microBatches,
      double rate,
      double biasRate,
      GateLoss loss,
      SequenceLengths lengths,
      long checkpointSteps) {
    public Settings {
      if (!(biasRate >= 0)) {
        throw new IllegalArgumentException("a bias rate of " + biasRate);
      }
      if (steps < 0 || microBatches <= 0 || !(rate > 0) || checkpointSteps <= 0) {
        throw new IllegalArgumentException(
            "steps " + steps + ", micro-batches " + microBatches + ", rate " + rate);
      }
    }
  }

  private final TwinConfig config;
  private final Settings settings;
  private final MicroBatches microBatches;
  private final int onlyColumn;

  public GateTraining(TwinConfig config, Settings settings, MicroBatches microBatches) {
    this(config, settings, microBatches, ALL_COLUMNS);
  }

  /**
   * @param onlyColumn the one expert whose column is trained, all else stays as it is; or {@link
   *     #ALL_COLUMNS}
   */
  public GateTraining(
      TwinConfig config, Settings settings, MicroBatches microBatches, int onlyColumn) {
    this.config = config;
    this.settings = settings;
    this.microBatches = microBatches;
    this.onlyColumn = onlyColumn;
  }

  /** Takes the steps that {@code state} has not done yet; returns one object for each. */
  public ArrayNode run(GateState state, GateState.Keeper keeper, MetricsLog metrics)
      throws IOException {
    Progress progress = new Progress(System.err);
    ArrayNode lines = MetricsLog.line().putArray("steps");
    for (long step = state.step(); step < settings.steps(); step++) {
      long started = System.nanoTime();
      GateSums sums = step(state, step);
      ObjectNode line = describe(step, sums);
      line.put("seconds", (System.nanoTime() - started) * 1e-9);
      metrics.write(line);
      lines.add(line);
      if ((step + 1) % settings.checkpointSteps() == 0) {
        tryKeep(keeper, state, progress);
      }
      progress.show(
          String.format(
              Locale.ROOT,
              "gate step %d of %d  lm %.3f  domain %.3f  balance %.2f",
              step + 1,
              settings.steps(),
              sums.lmLoss(),
              sums.domainLoss(),
              sums.balance()));
    }
    return lines;
  }

  /** A full disk must not end a run of hours: the older state stays, the next may succeed. */
  private static void tryKeep(GateState.Keeper keeper, GateState state, Progress progress) {
    try {
      keeper.keep(state);
    } catch (CheckpointException e) {
      progress.say("no checkpoint this time: " + e.getMessage());
    }
  }

  private GateSums step(GateState state, long step) {
    double used = (double) step / Math.max(1, settings.steps());
    float hardness = (float) Math.min(1, used / 0.5);
    GateParameters gate = new GateParameters(config, state.values());
    long[] sums = microBatches.sum(step, state.point(hardness));
    double[] gradient = new double[GateParameters.size(config)];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = FixedPoint.toDouble(sums[i]) / settings.microBatches();
    }
    gate.chainDecays(gradient);
    if (onlyColumn != ALL_COLUMNS) {
      gate.keepColumn(gradient, onlyColumn);
    }
    double warm = Math.min(1, (step + 1) / WARM_UP_STEPS);
    double cosine = FLOOR + (1 - FLOOR) * 0.5 * (1 + StrictMath.cos(Math.PI * used));
    state.move(gradient, settings.rate() * warm * cosine);
    GateSums found = GateSums.read(sums, config, settings.microBatches());
    if (settings.biasRate() > 0) {
      state.even(found.tokens(), settings.biasRate());
    }
    return found;
  }

  private ObjectNode describe(long step, GateSums sums) {
    ObjectNode line =
        MetricsLog.line()
            .put("step", step)
            .put("loss", sums.total(settings.loss()))
            .put("balanceLoss", sums.balanceLoss())
            .put("zLoss", sums.zLoss())
            .put("domainLoss", sums.domainLoss())
            .put("entropy", sums.entropy())
            .put("balance", sums.balance())
            .put("drops", 0); // experts have no capacity that could be too small
    if (settings.loss().lm() > 0) {
      line.put("lmLoss", sums.lmLoss());
    }
    ArrayNode tokens = line.putArray("tokensPerExpert");
    for (long count : sums.tokensPerExpert()) {
      tokens.add(count);
    }
    return line;
  }
}
