package dev.switchboard.cluster.lease;

import java.time.Duration;
import java.util.Optional;

/**
 * One router's part in deciding who leads: what is read of the lease and the time in, what to write
 * out. No two clocks are compared: a holder counts as gone when what it wrote has not changed for
 * the whole term, seen by this router; and a holder that could not renew for two thirds of the term
 * does not lead any more, before anybody else may.
 */
final class LeaseElection {
  private final String router;
  private final long termNanos;
  private Optional<LeaseEntry> seen = Optional.empty();
  private long seenSinceNanos;
  private boolean looked;
  private boolean held;
  private long renewedNanos;

  /**
   * @param router its id
   * @param term how long a holder that is silent keeps the lease
   */
  LeaseElection(String router, Duration term) {
    this.router = router;
    this.termNanos = term.toNanos();
  }

  /**
   * What to write now, if anything: to be written only in the place of exactly what was read.
   *
   * @param read what the lease says
   * @param readNanos when it was asked for
   */
  Optional<LeaseEntry> look(Optional<LeaseEntry> read, long readNanos) {
    if (!looked || !read.equals(seen)) {
      looked = true;
      seen = read;
      seenSinceNanos = readNanos;
    }
    boolean own = read.map(LeaseEntry::holder).filter(router::equals).isPresent();
    if (!own) {
      held = false;
    }
    boolean free = read.isEmpty() || readNanos - seenSinceNanos >= termNanos;
    return own || free ? Optional.of(LeaseEntry.after(read, router)) : Optional.empty();
  }

  /**
   * It was written, by nobody else in between.
   *
   * @param askedNanos before the writing began
   */
  void wrote(LeaseEntry entry, long askedNanos) {
    seen = Optional.of(entry);
    seenSinceNanos = askedNanos;
    held = true;
    renewedNanos = askedNanos;
  }

  /** Whether this router may decide at that moment. */
  boolean leads(long nowNanos) {
    return held && nowNanos - renewedNanos < termNanos / 3 * 2;
  }

  /** Who has the lease, as far as this router knows. */
  Optional<String> holder() {
    return seen.map(LeaseEntry::holder);
  }

  /** What to write when this router goes: others need not wait for the term to end. */
  boolean gives() {
    return held;
  }
}
