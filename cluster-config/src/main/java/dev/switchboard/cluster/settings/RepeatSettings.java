package dev.switchboard.cluster.settings;

import java.time.Duration;

/**
 * What a router sends to nodes beyond what it was asked for.
 *
 * @param hedgeAfter no second node is asked sooner
 * @param hedgePercent of batches; 0: none
 * @param retryPercent of batches; 0: no bound
 */
public record RepeatSettings(Duration hedgeAfter, int hedgePercent, int retryPercent) {
  static RepeatSettings of(Chosen chosen) {
    return new RepeatSettings(
        chosen.time("hedgeAfter"), chosen.integer("hedgePercent"), chosen.integer("retryPercent"));
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
                + " cluster that is in trouble is not asked twice for everything. 0: no bound.");
  }
}
