package dev.switchboard.router.health;

import java.time.Duration;
import java.util.Set;

/**
 * What one router knows of its nodes, from the batches that it sends. One thread uses it; any may
 * read {@link #counts}.
 */
public final class NodeHealth {
  private static final int HEDGE_RESERVE = 32;
  private static final int RETRY_RESERVE = 256;

  /** Before anything is known of answers, as many times as long is waited. */
  private static final int UNKNOWN_FACTOR = 4;

  private final Limits limits;
  private final AnswerTimes times = new AnswerTimes();
  private final Outliers outliers = new Outliers();
  private final Budget hedges;
  private final Budget retries;
  private Set<Integer> present = Set.of();
  private long hedged;
  private long unhedged;
  private long won;
  private long resent;
  private long refused;
  private long cancelled;
  private long trials;
  private volatile Counts counts = new Counts(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * How much more may be sent than was asked for.
   *
   * @param hedgeAfter another node is asked no sooner; 0: never
   * @param hedgePercent of the batches that may be sent to a second node while the first may still
   *     answer
   * @param retryPercent of the batches that may be sent again after a failure; 0: no bound
   * @param replicaWait how long after its loss an expert that nobody has is waited for
   */
  public record Limits(
      Duration hedgeAfter, int hedgePercent, int retryPercent, Duration replicaWait) {}

  /**
   * Since the start.
   *
   * @param hedged batches sent to a second node
   * @param unhedged that were not, for want of budget
   * @param won of the hedged ones, those that the second node answered first
   * @param cancelled batches that their node did not begin, since another had answered
   * @param trials copies sent to nodes that nobody waits for: newcomers, and those that were out
   * @param resent batches sent again after a failure
   * @param refusedRetries that were not, for want of budget
   * @param ejections how often a node was not asked any more for a while
   * @param ejected nodes that are not asked now
   */
  public record Counts(
      long hedged,
      long unhedged,
      long won,
      long cancelled,
      long trials,
      long resent,
      long refusedRetries,
      long ejections,
      long ejected) {}

  public NodeHealth(Limits limits) {
    this.limits = limits;
    this.hedges = new Budget(limits.hedgePercent(), HEDGE_RESERVE);
    this.retries = new Budget(limits.retryPercent(), RETRY_RESERVE);
  }

  /** The nodes that there are now; what was known of others is forgotten. */
  public void present(Set<Integer> nodes) {
    if (!nodes.equals(present)) {
      present = Set.copyOf(nodes);
      times.keepOnly(present);
      outliers.keepOnly(present);
      tell();
    }
  }

  /** A batch is sent, for the first time, or instead of, or beside another. */
  public void sent(boolean first) {
    if (first) {
      hedges.earn();
      retries.earn();
    }
  }

  /** Nodes that a copy of a batch should be sent to, to see whether they are well; often none. */
  public int[] toTry(long now) {
    return outliers.toTry(now);
  }

  /** A copy goes to the node; {@link #trialOver} tells what became of it. */
  public void trial(int node) {
    trials++;
    outliers.trial(node);
    tell();
  }

  /**
   * Nothing more comes of a copy.
   *
   * @param inTime whether it was answered, and not later than usual
   */
  public void trialOver(int node, boolean inTime, long now) {
    if (outliers.trialOver(node, inTime, now)) {
      tell();
    }
  }

  /**
   * A node answered.
   *
   * @param rows of its answer
   * @param given whether it was given up on before
   */
  public void answered(int node, int rows, long nanos, boolean given, long now) {
    times.add(node, rows, nanos, now);
    if (!given && outliers.answered(node, now)) {
      tell();
    }
  }

  /** A node was told in time not to begin a batch: that says nothing of it. */
  public void cancelled() {
    cancelled++;
    tell();
  }

  /** The way to a node broke, or it did not answer at all. */
  public void failed(int node, long now) {
    outliers.slow(node, now);
    tell();
  }

  /** After how long another node is asked for so many rows; {@link Long#MAX_VALUE} for never. */
  public long hedgeAfterNanos(int rows) {
    long least = limits.hedgeAfter().toNanos();
    if (least == 0 || limits.hedgePercent() == 0) {
      return Long.MAX_VALUE;
    }
    long usual = times.usuallyWithin(rows);
    return usual == 0 ? UNKNOWN_FACTOR * least : Math.max(least, usual);
  }

  /** A node takes longer than usual: that counts, whether another can be asked or not. */
  public void slow(int node, long now) {
    outliers.slow(node, now);
    tell();
  }

  /** Whether another node may be asked as well; it is counted as done. */
  public boolean mayHedge() {
    boolean may = hedges.spend();
    hedged += may ? 1 : 0;
    unhedged += may ? 0 : 1;
    tell();
    return may;
  }

  /** The second node was first. */
  public void hedgeWon() {
    won++;
    tell();
  }

  /** Whether what failed may be sent again; it is counted as done. */
  public boolean mayRetry() {
    boolean may = limits.retryPercent() == 0 || retries.spend();
    resent += may ? 1 : 0;
    refused += may ? 0 : 1;
    tell();
    return may;
  }

  /** Whether the node is better not asked, where another can be. */
  public boolean out(int node) {
    return outliers.out(node);
  }

  /**
   * The same for what cannot be copied: newcomers, and nodes whose time out is over, are asked
   * then, since nothing else would show that they are well.
   */
  public boolean resting(int node, long now) {
    return outliers.resting(node, now);
  }

  /**
   * What rows at a node weigh beside those at others, by what it takes for them.
   *
   * @param rows it has to do
   */
  public long load(int node, long rows, long now) {
    double slowness = times.slowness(node, now);
    return slowness == 1 ? rows : (long) Math.ceil((rows + 1) * slowness);
  }

  /** Mean nanoseconds a row of a node's answers lately; 0 if none is known. */
  public double nanosPerRow(int node) {
    return times.nanosPerRow(node);
  }

  private void tell() {
    counts =
        new Counts(
            hedged,
            unhedged,
            won,
            cancelled,
            trials,
            resent,
            refused,
            outliers.ejections(),
            outliers.ejected());
  }

  /** Any thread. */
  public Counts counts() {
    return counts;
  }
}
