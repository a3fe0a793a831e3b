package dev.switchboard.cluster.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Decides where copies of experts should be: a pure function, the same answer on every machine.
 *
 * <p>Without a spread in force copies are counted and packed as EPLB (DeepSeek) does it: one more
 * copy always to the item with most load a copy, then the heaviest first to the node with least.
 * What EPLB lacks: no two copies of an item on one node, copies in different failure domains, and
 * then single steps that take load off the busiest node ({@link Leveler}).
 *
 * <p>With a spread in force, what dead and leaving nodes held is made good first, whatever it
 * costs. Beyond that nothing moves while the balance is near what a spread from nothing would reach
 * without those steps; else as few steps as bring it near, within the budget of moves.
 */
public final class Planner {
  private Planner() {}

  /** The plan; its spread equals the current one where nothing is to be done. */
  public static Plan plan(PlanRequest request) {
    Sites sites = new Sites(request.nodes(), request.seed());
    int rows = request.loads().rows();
    List<List<List<String>>> spread = new ArrayList<>(rows);
    List<Plan.Change> changes = new ArrayList<>();
    double before = 0;
    double after = 0;
    double mean = 0;
    // Rows know nothing of each other: several at once, and the answer does not show it.
    List<RowPlanner.Result> results =
        IntStream.range(0, rows)
            .parallel()
            .mapToObj(row -> new RowPlanner(request, sites, row).plan())
            .toList();
    for (RowPlanner.Result result : results) {
      spread.add(result.holders());
      changes.addAll(result.changes());
      before += result.before();
      after += result.after();
      mean += result.mean();
    }
    return new Plan(new Spread(spread), changes, balance(mean, before), balance(mean, after));
  }

  private static double balance(double mean, double most) {
    return most <= 0 ? 1 : Math.min(1, mean / most);
  }
}
