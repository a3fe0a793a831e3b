package dev.switchboard.cluster.settings;

import java.time.Duration;

/**
 * What a router sends to nodes beyond what it was asked for, and what it does where that does not
 * help.
 *
 * @param hedgeAfter no second node is asked sooner
 * @param hedgePercent of batches; 0: none
 * @param retryPercent of batches; 0: no bound
 * @param replicaWait how long after its loss an expert that no node has is waited for
 * @param onLostExpert what becomes of requests that do not say it themselves
 */
public record RepeatSettings(
    Duration hedgeAfter,
    int hedgePercent,
    int retryPercent,
    Duration replicaWait,
    LostExpert onLostExpert) {
  static RepeatSettings of(Chosen chosen) {
    return new RepeatSettings(
        chosen.time("hedgeAfter"),
        chosen.integer("hedgePercent"),
        chosen.integer("retryPercent"),
        chosen.time("replicaWait"),
        LostExpert.of(chosen.text("onLostExpert")));
  }

  static Section keys(Section section) {
    return section
        .time(
            "hedgeAfter",
            "40ms",
            "1ms",
            "10m",
            "A batch that a node has not answered after this time, and after what 95 of 100 answers"
                + " take, is sent to another replica as well; the first answer counts. For experts"
                + " without state.")
        .integer(
            "hedgePercent",
            5,
            0,
            100,
            "Percent of the batches that may be sent to a second node so. 0: none.")
        .integer(
            "retryPercent",
            20,
            0,
            100,
            "Percent of the batches that may be sent again after a failure, besides a reserve of"
                + " 256; beyond it a request whose experts fail ends `UNAVAILABLE`, so that a"
                + " cluster that is in trouble is not asked twice for everything. 0: no bound.")
        .time(
            "replicaWait",
            "1s",
            "1ms",
            "10m",
            "How long a step waits for an expert whose last replica was lost, from the loss on: for"
                + " its node to come back, or another to load it. All requests of the router wait"
                + " meanwhile; those that need the expert later are ended at once.")
        .text(
            "onLostExpert",
            "fail",
            "What becomes of a request whose expert nobody has any more, unless it says that itself:"
                + " `fail`, it ends with `UNAVAILABLE` naming the expert, or `degrade`, it goes on"
                + " with its other experts or the shared network, each such token is flagged and"
                + " counted, and nothing of it is kept. Experts with states, and layers of which"
                + " nothing would be left, always fail.");
  }
}
