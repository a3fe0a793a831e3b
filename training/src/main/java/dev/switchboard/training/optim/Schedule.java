package dev.switchboard.training.optim;

/**
 * Learning rate by the part of the budget that is used: a short warm-up, a level, then a straight
 * line down to a floor.
 */
public final class Schedule {
  private static final double WARM_UP = 0.02;
  private static final double FLOOR = 0.02;

  private Schedule() {}

  /**
   * @param used part of the budget that is used, in [0, 1]
   * @param level part of the budget after which the rate falls, in [0, 1]
   * @return factor of the peak learning rate, in (0, 1]
   */
  public static double factor(double used, double level) {
    double u = Math.clamp(used, 0, 1);
    if (u < WARM_UP) {
      return Math.max(0.02, u / WARM_UP);
    }
    double from = Math.max(level, WARM_UP);
    return u <= from ? 1 : FLOOR + (1 - FLOOR) * (1 - u) / (1 - from);
  }
}
