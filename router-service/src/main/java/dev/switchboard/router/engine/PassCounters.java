package dev.switchboard.router.engine;

import dev.switchboard.cluster.LoadCost;

/**
 * What this router has done, exactly: passes of one token through the whole model, and the experts
 * they called. A pass counts once all its layers are done, before its request hears of it; a pass
 * that failed counts nowhere. So for every layer the calls add up to passes x topK at any moment.
 */
public final class PassCounters {
  private final CallCounts calls;
  private final LoadCost cost = new LoadCost();
  private long passes;

  public PassCounters(int moeLayers, int experts) {
    this.calls = new CallCounts(moeLayers, experts);
  }

  /**
   * A moment's counters.
   *
   * @param experts that a layer has, and those that it had once
   * @param calls row-major [moeLayers, experts]
   */
  @SuppressWarnings("ArrayRecordComponent") // a copy, handed over once
  public record Snapshot(long passes, int experts, long[] calls) {}

  synchronized void add(int tokens, CallCounts done) {
    passes += tokens;
    calls.add(done);
  }

  /** Where the time of counting, and of publishing what was counted, goes. */
  public LoadCost cost() {
    return cost;
  }

  public synchronized Snapshot snapshot() {
    return new Snapshot(passes, calls.experts(), calls.toArray());
  }
}
