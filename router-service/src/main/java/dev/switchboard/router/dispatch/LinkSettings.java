package dev.switchboard.router.dispatch;

import dev.switchboard.proto.v1.Hello;
import java.time.Duration;

/**
 * What all links of a router have in common.
 *
 * @param hello what the router says first on every stream
 * @param neededMessageBytes what a node must be able to take
 * @param greetWithin time for the exchange that opens a stream
 * @param firstDelay before the first reconnection; doubles
 * @param lastDelay the longest
 */
record LinkSettings(
    Hello hello,
    long neededMessageBytes,
    Duration greetWithin,
    Duration firstDelay,
    Duration lastDelay) {
  static LinkSettings of(Hello hello, long neededMessageBytes) {
    return new LinkSettings(
        hello,
        neededMessageBytes,
        Duration.ofSeconds(2),
        Duration.ofMillis(50),
        Duration.ofSeconds(1));
  }
}
