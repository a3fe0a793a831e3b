package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.Hello;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The exchange that opens a {@code Process} stream: both sides must speak, calculate and mean the
 * same.
 */
public final class Handshake {
  private Handshake() {}

  /**
   * A hello of this build; the caller adds what only it knows ({@code sender_id}, bounds).
   *
   * @param arithmeticOptions options that trade bits for something, as {@code name=value}, in any
   *     order
   */
  public static Hello.Builder hello(
      int arithmeticVersion, String modelFingerprint, List<String> arithmeticOptions) {
    return Hello.newBuilder()
        .setProtocolVersion(Protocols.HERE.oldest())
        .setNewestProtocolVersion(Protocols.HERE.newest())
        .setArithmeticVersion(arithmeticVersion)
        .setModelFingerprint(modelFingerprint)
        .addAllArithmeticOptions(new TreeSet<>(arithmeticOptions));
  }

  /** The newest version of the protocol that both speak; 0 if there is none. */
  public static int protocol(Hello mine, Hello theirs) {
    return Protocols.of(mine).with(Protocols.of(theirs)).orElse(0);
  }

  /** What the two do not agree on, naming both sides' values; empty if they may talk. */
  public static Optional<String> check(Hello mine, Hello theirs) {
    List<String> differences = new ArrayList<>();
    Protocols here = Protocols.of(mine);
    Protocols there = Protocols.of(theirs);
    if (here.with(there).isEmpty()) {
      differences.add("protocol version %s here, %s there".formatted(here, there));
    }
    compare(
        differences,
        "arithmetic version",
        mine.getArithmeticVersion(),
        theirs.getArithmeticVersion());
    compare(
        differences, "model fingerprint", mine.getModelFingerprint(), theirs.getModelFingerprint());
    compare(
        differences,
        "arithmetic options",
        List.copyOf(mine.getArithmeticOptionsList()),
        List.copyOf(theirs.getArithmeticOptionsList()));
    if (differences.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "%s and %s do not agree: %s"
            .formatted(name(mine), name(theirs), String.join("; ", differences)));
  }

  private static void compare(List<String> differences, String what, Object mine, Object theirs) {
    if (!mine.equals(theirs)) {
      differences.add("%s %s here, %s there".formatted(what, mine, theirs));
    }
  }

  private static String name(Hello hello) {
    return hello.getSenderId().isEmpty() ? "a peer without a name" : hello.getSenderId();
  }
}
