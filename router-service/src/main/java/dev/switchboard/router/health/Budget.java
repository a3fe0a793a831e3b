package dev.switchboard.router.health;

/**
 * Leave to do more than was asked for, earned by what was asked for: so many percent of it, and a
 * reserve for bad moments.
 */
final class Budget {
  private final double perEarned;
  private final double reserve;
  private double left;

  /**
   * @param percent earned by each that was asked for
   * @param reserve what is there at first, and at the most
   */
  Budget(int percent, int reserve) {
    this.perEarned = percent / 100.0;
    this.reserve = reserve;
    this.left = percent == 0 ? 0 : reserve;
  }

  void earn() {
    left = Math.min(reserve, left + perEarned);
  }

  /** Whether there is leave for one more; it is spent then. */
  boolean spend() {
    if (left < 1) {
      return false;
    }
    left--;
    return true;
  }
}
