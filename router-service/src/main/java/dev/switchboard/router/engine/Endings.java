package dev.switchboard.router.engine;

import dev.switchboard.router.engine.Ending.Kind;
import java.time.Duration;

/** The words for requests that the scheduler ends. */
final class Endings {
  private Endings() {}

  static Ending tooLarge(Ticket ticket, KvRoom room) {
    return new Ending(
        Kind.INVALID,
        "the keys and values of %d prompt tokens and %d that may follow take up to %,d bytes; this router has %,d for all requests (router.kvCacheBytes): shorten the prompt or lower max_tokens"
            .formatted(
                ticket.promptTokens(),
                ticket.newTokens(),
                room.blocks(ticket.mostTokens()) * room.blockBytes(),
                room.totalBlocks() * room.blockBytes()));
  }

  /** Of a request that would wait too long. */
  static Ending busy(int ahead, Duration wait, String bound, Duration limit) {
    return new Ending(
        Kind.REJECTED,
        "the router is busy: %d requests begin before this one, which would wait about %d ms; %s"
            .formatted(ahead, wait.toMillis(), bound.formatted(limit.toMillis())));
  }

  /** Of the only request that runs: nobody is left to take memory from. */
  static Ending noRoom(Ticket ticket, KvRoom room) {
    return new Ending(
        Kind.FAILED,
        "no memory is left for the keys and values of request %d, the only one that runs: %,d of %,d blocks of %,d bytes are free"
            .formatted(ticket.id(), room.freeBlocks(), room.totalBlocks(), room.blockBytes()));
  }

  static Ending stalled(Duration limit) {
    return new Ending(
        Kind.STALLED, "the reader of this stream took nothing for " + limit.toMillis() + " ms");
  }

  static Ending deadline(String progress) {
    return new Ending(Kind.DEADLINE, "the request's deadline passed " + progress);
  }
}
