package dev.switchboard.router.engine;

/**
 * What a step costs, learned while serving: the rows of requests that generate, prompts alone, and
 * what prompts add to a step in which others generate. Prompt rows count by their work: a row that
 * looks at many keys is more than one.
 */
final class StepCosts {
  /** Prompt rows beside requests that generate, before anything was measured. */
  private static final int FIRST_GUESS = 16;

  /** After so many steps with prompts one without shows what generation alone takes now. */
  private static final int STEPS_BEFORE_A_LOOK = 64;

  private final CostTable generation = new CostTable();
  private final CostTable promptsAlone = new CostTable();
  private final CostTable promptsBeside = new CostTable();
  private int besideSinceAlone;

  /**
   * @param generating rows of requests that generate
   * @param promptWork of prompts, in rows
   * @param nanos the step took, above 0
   */
  void observe(int generating, double promptWork, long nanos) {
    if (promptWork == 0) {
      if (generating > 0) {
        generation.observe(generating, nanos);
        besideSinceAlone = 0;
      }
    } else if (generating == 0) {
      promptsAlone.observe(promptWork, nanos);
    } else {
      besideSinceAlone++;
      double added = nanos - generation.estimate(generating);
      promptsBeside.observe(promptWork, Math.max(added, 0.05 * nanos));
    }
  }

  /**
   * Whether prompts should be left out of a step in which so many generate: what such a step takes
   * without them is not known, or not any more, and so not what they add to it either.
   */
  boolean shouldLook(int generating) {
    return besideSinceAlone >= STEPS_BEFORE_A_LOOK || !generation.knows(generating);
  }

  /** Work of prompts that makes a step in which others generate so much longer at the most. */
  int promptWork(double delayNanos, int most) {
    CostTable known = promptsBeside.isEmpty() ? promptsAlone : promptsBeside;
    return known.isEmpty() ? Math.min(FIRST_GUESS, most) : known.rowsWithin(delayNanos, most);
  }
}
