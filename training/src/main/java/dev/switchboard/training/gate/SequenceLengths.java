package dev.switchboard.training.gate;

import java.io.Serializable;
import java.util.List;

/**
 * Lengths of a gate's sequences, one after the other by step, then from the first again. What a
 * gate does with the first tokens of a text is learnt from the short ones, what it remembers from
 * the long ones.
 *
 * @param tokens of a sequence; powers of two, 8 to 256
 */
public record SequenceLengths(List<Integer> tokens) implements Serializable {
  static final int LONGEST = 256;
  private static final int SHORTEST = 8;

  public static final SequenceLengths USUAL =
      new SequenceLengths(List.of(64, 16, 256, 8, 64, 16, 64, 8));

  public SequenceLengths {
    tokens = List.copyOf(tokens);
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("no lengths of sequences");
    }
    for (int length : tokens) {
      if (length < SHORTEST || length > LONGEST || Integer.bitCount(length) != 1) {
        throw new IllegalArgumentException(
            "sequences of " + length + " tokens: expected a power of two, 8 to 256");
      }
    }
  }

  int of(long step) {
    return tokens.get((int) (step % tokens.size()));
  }
}
