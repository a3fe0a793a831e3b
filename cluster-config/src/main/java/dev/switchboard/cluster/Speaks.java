package dev.switchboard.cluster;

import java.util.Objects;

/**
 * What a process speaks, besides its model.
 *
 * @param software version of the program; empty if it was not said
 * @param arithmetic version of the arithmetic, and options that change bits; empty if it was not
 *     said
 * @param oldestProtocol between routers and nodes that it still speaks; 0 if it was not said
 * @param newestProtocol that it speaks
 */
public record Speaks(String software, String arithmetic, int oldestProtocol, int newestProtocol) {
  /** Of a process that says nothing of it. */
  public static final Speaks UNSAID = new Speaks("", "", 0, 0);

  public Speaks {
    Objects.requireNonNull(software, "software");
    Objects.requireNonNull(arithmetic, "arithmetic");
    if (oldestProtocol < 0 || newestProtocol < oldestProtocol) {
      throw new IllegalArgumentException(
          "protocols from %d to %d".formatted(oldestProtocol, newestProtocol));
    }
  }

  /** Whether two can talk: there is a protocol that both speak, or one has not said which. */
  public boolean fits(Speaks other) {
    return oldestProtocol == 0
        || other.oldestProtocol == 0
        || (oldestProtocol <= other.newestProtocol && other.oldestProtocol <= newestProtocol);
  }
}
