package dev.switchboard.simulation;

import java.util.List;

/** One run: a cluster that a seed makes, its faults, and the quiet after them. */
final class Simulation {
  private static final long LEAST_FAULTS = 3 * World.SECOND;
  private static final long MOST_FAULTS = 10 * World.SECOND;
  private static final long SETTLES = 12 * World.SECOND;
  private static final long RESTS = 22 * World.SECOND;
  private static final long QUIET = 5 * World.SECOND;
  private static final long ENDS = 4 * World.SECOND;
  private static final long FAST = 150 * World.MILLI;
  private static final long SLOW = 500 * World.MILLI;

  /**
   * What came of a run.
   *
   * @param violations what must not have been; empty for a good run
   * @param trace what happened, if it was to be written down
   * @param course two runs of the same course are the same
   * @param slots answers that were compared, to the bit
   */
  record Outcome(
      long seed,
      List<String> violations,
      List<String> trace,
      long course,
      long slots,
      long faults,
      long losses,
      long events) {
    boolean good() {
      return violations.isEmpty();
    }
  }

  private Simulation() {}

  /**
   * @param bug that is planted
   * @param traced whether to write down what happens
   */
  static Outcome run(long seed, Bug bug, boolean traced) {
    World world = new World(seed, traced);
    Cluster cluster = new Cluster(world, bug);
    int nodes = 1 + world.random().nextInt(5);
    int routers = 1 + world.random().nextInt(2);
    for (int i = 0; i < nodes; i++) {
      cluster.addNode();
    }
    for (int i = 0; i < routers; i++) {
      cluster.addRouter();
    }
    Faults faults = new Faults(cluster);
    world.run(world.between(0, 4 * World.SECOND));
    faults.begin();
    world.run(world.between(LEAST_FAULTS, MOST_FAULTS));
    faults.end();
    quiet(world, cluster);
    return new Outcome(
        seed,
        world.violations(),
        world.trace(),
        world.course(),
        cluster.oracle().slots(),
        faults.begun(),
        cluster.losses(),
        world.events());
  }

  private static void quiet(World world, Cluster cluster) {
    cluster.pause(SLOW);
    world.run(SETTLES);
    Quiet quiet = new Quiet(cluster);
    // A leader that stood still decides nothing for a while.
    for (long more = 0; more < RESTS && !quiet.settled(); more += World.SECOND) {
      world.run(World.SECOND);
    }
    world.run(SETTLES / 4);
    cluster.pause(FAST);
    quiet.begins();
    world.run(QUIET);
    // Counters stand still before they are compared.
    cluster.routers().forEach(router -> router.requests().stop());
    world.run(ENDS);
    for (RouterProcess router : cluster.routers()) {
      if (router.requests().running() > 0) {
        world.violated(
            () -> "requests of %s do not end: %s".formatted(router.process(), router.dispatch()));
      }
    }
    quiet.check();
  }
}
