package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.Hello;
import java.util.OptionalInt;

/**
 * Versions of the protocol between routers and nodes that a process speaks; two use the newest that
 * both do. One version back is always spoken, so that processes can be replaced one by one.
 *
 * <ul>
 *   <li>2: as it was when this began; a hello names one version
 *   <li>3: a hello names a range; every node understands {@code cancelled}
 * </ul>
 *
 * @param oldest that is still spoken
 * @param newest that is spoken
 */
public record Protocols(int oldest, int newest) {
  /** From this version on a node understands that a batch is cancelled, without saying so. */
  public static final int CANCELS = 3;

  /** Only tests of upgrades set it: {@code 3} or {@code 3-4}. */
  private static final String PROPERTY = "switchboard.protocols";

  /** What this build speaks. */
  public static final Protocols HERE = parse(System.getProperty(PROPERTY, "2-3"));

  public Protocols {
    if (oldest < 0 || newest < oldest) {
      throw new IllegalArgumentException("protocols from %d to %d".formatted(oldest, newest));
    }
  }

  static Protocols parse(String text) {
    int dash = text.indexOf('-');
    int first = Integer.parseInt(text.substring(0, dash < 0 ? text.length() : dash));
    return new Protocols(first, dash < 0 ? first : Integer.parseInt(text.substring(dash + 1)));
  }

  /** What a greeting says; peers of version 2 and older name one version alone. */
  static Protocols of(Hello hello) {
    int oldest = hello.getProtocolVersion() & Integer.MAX_VALUE;
    int newest = hello.getNewestProtocolVersion() & Integer.MAX_VALUE;
    return new Protocols(oldest, Math.max(oldest, newest));
  }

  /** The version that two use; empty if there is none that both speak. */
  OptionalInt with(Protocols other) {
    int common = Math.min(newest, other.newest);
    return common >= Math.max(oldest, other.oldest) ? OptionalInt.of(common) : OptionalInt.empty();
  }

  /** For people. */
  @Override
  public String toString() {
    return oldest == newest ? "" + newest : oldest + " to " + newest;
  }
}
