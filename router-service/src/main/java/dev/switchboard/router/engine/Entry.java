package dev.switchboard.router.engine;

import org.jspecify.annotations.Nullable;

/** What the scheduler knows of one request. */
final class Entry {
  private static final long NEVER = -1;

  final Ticket ticket;
  final Client client;

  /** Place in the order in which requests began for the first time. */
  long begun = NEVER;

  boolean running;

  /** Rows in its state. */
  int rows;

  /** Rows that its run has heard of; more than {@link #rows} after its state was given up. */
  int seen;

  boolean paused;
  long pausedSinceNanos;

  /** The step in which it last generated. */
  long lastStep;

  @Nullable Slice planned;

  Entry(Ticket ticket, Client client) {
    this.ticket = ticket;
    this.client = client;
  }

  long id() {
    return ticket.id();
  }

  boolean hasBegun() {
    return begun != NEVER;
  }

  boolean runnable() {
    return running && !paused && planned == null;
  }

  /** Whether rows are to be read, for the first time or again, before it can generate. */
  boolean reads() {
    return rows < ticket.promptTokens() || rows < seen;
  }

  /** Rows to be read before it can generate. */
  int toRead() {
    return Math.max(0, Math.max(ticket.promptTokens(), seen) - rows);
  }

  /** Rows of the same kind from here on. */
  int sameKindRows() {
    return rows < seen ? seen - rows : ticket.promptTokens() - rows;
  }

  Slice chunk(int count) {
    return rows < seen
        ? Slice.repeated(id(), rows, count)
        : Slice.prompt(
            id(), rows, count, ticket.generates() && rows + count == ticket.promptTokens());
  }

  /** The slice that was planned has passed. */
  void passed(Slice slice) {
    rows += slice.rows();
    seen = Math.max(seen, rows);
  }

  /** Its state is gone; its tokens are not. */
  void giveUp() {
    running = false;
    rows = 0;
    planned = null;
  }

  String progress() {
    if (!hasBegun()) {
      return "while it was queued";
    }
    if (seen < ticket.promptTokens()) {
      return "after %d of %d prompt tokens".formatted(seen, ticket.promptTokens());
    }
    return running ? "while it was generating" : "while it waited to go on generating";
  }
}
