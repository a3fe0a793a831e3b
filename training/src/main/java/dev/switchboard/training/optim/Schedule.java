package dev.switchboard.training.optim;

/**
 * Learning rate by the part of the budget that is used: a short warm-up, then half a cosine down to
 * a floor.
 */
public final class Schedule {
  private static final double WARM_UP = 0.02;
  private static final double FLOOR = 0.04;

  private Schedule() {}

  /**
   * @param used part of the budget that is used, in [0, 1]
   * @return factor of the peak learning rate, in (0, 1]
   */
  public static double factor(double used) {
    double u = Math.clamp(used, 0, 1);
    if (u < WARM_UP) {
      return Math.max(0.02, u / WARM_UP);
    }
    double angle = Math.PI * (u - WARM_UP) / (1 - WARM_UP);
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + Math.cos(angle));
  }
}
