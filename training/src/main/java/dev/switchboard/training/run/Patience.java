package dev.switchboard.training.run;

/** Counts how long a loss has not fallen. */
final class Patience {
  private final int most;
  private double best = Double.POSITIVE_INFINITY;
  private int since;

  /**
   * @param most times without a better loss that are borne; 0: any number
   */
  Patience(int most) {
    this.most = most;
  }

  void seen(double loss) {
    if (loss < best) {
      best = loss;
      since = 0;
    } else {
      since++;
    }
  }

  boolean isOver() {
    return most > 0 && since >= most;
  }

  @Override
  public String toString() {
    return since + " checkpoints";
  }
}
