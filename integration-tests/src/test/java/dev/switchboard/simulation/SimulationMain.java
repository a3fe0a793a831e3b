package dev.switchboard.simulation;

/**
 * Runs many seeds, or one with its story: {@code SimulationMain FIRST COUNT [BUG]}; those with a
 * planted bug until one shows it. Ends with 1 if one of them went wrong.
 */
final class SimulationMain {
  private static final long TELL_EVERY_NANOS = 10_000_000_000L;

  private SimulationMain() {}

  /**
   * @param args first seed, how many, and the bug to plant (none)
   */
  public static void main(String[] args) {
    long first = args.length > 0 ? Long.parseLong(args[0]) : 0;
    long count = args.length > 1 ? Long.parseLong(args[1]) : 1;
    Bug bug = args.length > 2 ? Bug.valueOf(args[2]) : Bug.NONE;
    if (count == 1) {
      Simulation.Outcome outcome = Simulation.run(first, bug, true);
      outcome.trace().forEach(System.out::println);
      System.out.println("seed %d: %s".formatted(first, outcome.violations()));
      System.exit(outcome.good() ? 0 : 1);
    }
    System.exit(many(first, count, bug));
  }

  private static int many(long first, long count, Bug bug) {
    Tally tally = new Tally();
    Seeds.run(
        first,
        count,
        bug,
        outcome -> {
          tally.add(outcome, count);
          return bug != Bug.NONE && !outcome.good();
        });
    return tally.bad == 0 ? 0 : 1;
  }

  /** What came of all runs so far. */
  private static final class Tally {
    private final long begun = System.nanoTime();
    private long told = begun;
    private long done;
    private long bad;
    private long slots;
    private long faults;
    private long losses;

    void add(Simulation.Outcome outcome, long count) {
      done++;
      slots += outcome.slots();
      faults += outcome.faults();
      losses += outcome.losses();
      if (!outcome.good()) {
        bad++;
        System.out.println(
            "seed %d: %s".formatted(outcome.seed(), outcome.violations().getFirst()));
      }
      long now = System.nanoTime();
      if (now - told > TELL_EVERY_NANOS || done == count) {
        told = now;
        double seconds = (now - begun) / 1e9;
        System.out.println(
            "%d seeds in %.1f s (%.0f a minute), %d bad; %d answers compared, %d faults, %d losses"
                .formatted(done, seconds, done * 60 / seconds, bad, slots, faults, losses));
      }
    }
  }
}
