package dev.switchboard.simulation;

/** A process: it can stop for a while, and end; its clocks are its own. */
final class SimProcess {
  private static final long YEAR_2026_MILLIS = 1_767_225_600_000L;

  private final World world;
  private final String name;
  private final long nanoOrigin;
  private long wallOffsetMillis;
  private boolean alive = true;
  private long stoppedUntil;

  SimProcess(World world, String name) {
    this.world = world;
    this.name = name;
    this.nanoOrigin =
        switch (world.random().nextInt(4)) {
          case 0 -> 0;
          case 1 -> Long.MAX_VALUE - world.between(0, 30 * World.SECOND);
          case 2 -> -world.between(0, 30 * World.SECOND);
          default -> world.random().nextLong();
        };
  }

  String name() {
    return name;
  }

  World world() {
    return world;
  }

  /** As {@link System#nanoTime}: from any origin, only growing, but for overflows. */
  long nanoTime() {
    return nanoOrigin + world.now();
  }

  /** As {@link System#currentTimeMillis}: it may jump. */
  long wallMillis() {
    return YEAR_2026_MILLIS + wallOffsetMillis + world.now() / World.MILLI;
  }

  void wallJumps(long millis) {
    wallOffsetMillis += millis;
  }

  /** Does it later, if the process is still there: as soon as it goes on, where it is stopped. */
  void after(long nanos, Runnable body) {
    world.after(nanos, () -> run(body));
  }

  private void run(Runnable body) {
    if (!alive) {
      return;
    }
    long left = stoppedUntil - world.now();
    if (left > 0) {
      world.after(left, () -> run(body));
    } else {
      body.run();
    }
  }

  /** As SIGSTOP, and SIGCONT later. */
  void stop(long nanos) {
    stoppedUntil = Math.max(stoppedUntil, world.now() + nanos);
  }

  boolean stopped() {
    return stoppedUntil > world.now();
  }

  void goOn() {
    stoppedUntil = Math.min(stoppedUntil, world.now());
  }

  /** As SIGKILL. */
  void kill() {
    alive = false;
  }

  boolean alive() {
    return alive;
  }

  @Override
  public String toString() {
    return name;
  }
}
