package dev.switchboard.router.engine;

/**
 * What a step costs, learned while serving: the rows of requests that generate, prompts alone, and
 * what prompts add to a step in which others generate. Prompt rows count by their work: a row that
 * looks at many keys is more than one.
 */
final class StepCosts {
  /** Prompt rows beside requests that generate, before anything was measured. */
  private static final int FIRST_GUESS = 16;

  private final CostTable generation = new CostTable();
  private final CostTable promptsAlone = new CostTable();
  private final CostTable promptsBeside = new CostTable();

  /**
   * @param generating rows of requests that generate
   * @param promptWork of prompts, in rows
   * @param nanos the step took, above 0
   */
  void observe(int generating, double promptWork, long nanos) {
    if (promptWork == 0) {
      if (generating > 0) {
        generation.observe(generating, nanos);
      }
    } else if (generating == 0) {
      promptsAlone.observe(promptWork, nanos);
    } else {
      double added = nanos - generation.estimate(generating);
      promptsBeside.observe(promptWork, Math.max(added, 0.05 * nanos));
    }
  }

  /** Work of prompts that makes a step in which others generate so much longer at the most. */
  int promptWork(double delayNanos, int most) {
    CostTable known = promptsBeside.isEmpty() ? promptsAlone : promptsBeside;
    return known.isEmpty() ? Math.min(FIRST_GUESS, most) : known.rowsWithin(delayNanos, most);
  }
}
