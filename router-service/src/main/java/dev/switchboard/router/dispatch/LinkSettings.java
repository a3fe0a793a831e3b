package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.v1.Hello;
import java.time.Duration;
import java.util.Optional;

/**
 * What all links of a router have in common.
 *
 * @param hello what the router says first on every stream
 * @param neededMessageBytes what a node must be able to take
 * @param laneBytes memory to share with a node of this host; 0: no lanes
 * @param greetWithin time for the exchange that opens a stream
 * @param firstDelay before the first reconnection; doubles
 * @param lastDelay the longest
 */
record LinkSettings(
    Hello hello,
    long neededMessageBytes,
    long laneBytes,
    Duration greetWithin,
    Duration firstDelay,
    Duration lastDelay) {
  private static final long LEAST_LANE = 1 << 20;
  private static final long MOST_LANE = 64 << 20;

  /**
   * @param lanes whether nodes of this host may be sent to by lanes; frames that carry states are
   *     too long for them
   */
  static LinkSettings of(Hello hello, long neededMessageBytes, boolean lanes) {
    return new LinkSettings(
        hello,
        neededMessageBytes,
        // Two halves of a step, each with what it sends and what comes back.
        lanes ? Math.clamp(2 * neededMessageBytes, LEAST_LANE, MOST_LANE) : 0,
        Duration.ofSeconds(2),
        Duration.ofMillis(50),
        Duration.ofSeconds(1));
  }

  /** Why a node that greets like this cannot be sent to, or empty if it can. */
  Optional<String> mismatch(String nodeId, Hello theirs) {
    if (!theirs.getSenderId().equals(nodeId)) {
      return Optional.of("node " + theirs.getSenderId() + " answers there");
    }
    return Handshake.check(hello, theirs)
        .or(() ->
            theirs.getMaxMessageBytes() >= neededMessageBytes
                ? Optional.empty()
                : Optional.of(
                    "it takes messages of %d bytes, a step of this router may need %d"
                        .formatted(theirs.getMaxMessageBytes(), neededMessageBytes)));
  }
}
