package dev.switchboard.training.gate;

/** Adam on the driver, in plain Java: the same bits from the same gradients. */
public final class GateAdam {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.98;
  private static final double EPSILON = 1e-10;

  private final float[] first;
  private final float[] second;
  private long steps;

  /**
   * After so many steps.
   *
   * @param first moving mean of the gradient
   * @param second of its square
   */
  public GateAdam(float[] first, float[] second, long steps) {
    this.first = first;
    this.second = second;
    this.steps = steps;
  }

  /** Before the first step. */
  public static GateAdam fresh(int numbers) {
    return new GateAdam(new float[numbers], new float[numbers], 0);
  }

  /** Moves the values against the gradient. */
  public void step(float[] values, double[] gradient, double rate) {
    steps++;
    double unbiased1 = 1 - StrictMath.pow(BETA1, steps);
    double unbiased2 = 1 - StrictMath.pow(BETA2, steps);
    for (int i = 0; i < values.length; i++) {
      double g = gradient[i];
      first[i] = (float) (BETA1 * first[i] + (1 - BETA1) * g);
      second[i] = (float) (BETA2 * second[i] + (1 - BETA2) * g * g);
      double direction = first[i] / unbiased1 / (Math.sqrt(second[i] / unbiased2) + EPSILON);
      values[i] = (float) (values[i] - rate * direction);
    }
  }

  /** Moving mean of the gradient; not a copy. */
  public float[] first() {
    return first;
  }

  /** Moving mean of its square; not a copy. */
  public float[] second() {
    return second;
  }
}
