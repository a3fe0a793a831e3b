package dev.switchboard.model.snapshot;

import java.util.Arrays;
import java.util.List;

/**
 * What a snapshot says of itself.
 *
 * @param read tokens that the state has read
 * @param tokens those, and at most one more: the next, chosen but not yet read
 * @param ropeVariants of the layers that have rope: what its keys were turned by
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record SnapshotHead(
    SnapshotOrigin origin, long read, int[] tokens, List<Long> ropeVariants) {
  public SnapshotHead {
    ropeVariants = List.copyOf(ropeVariants);
    if (read < 0 || read > tokens.length || tokens.length - read > 1) {
      throw new IllegalArgumentException(
          "a state that has read %d of %d tokens; expected all, or all but the last"
              .formatted(read, tokens.length));
    }
  }

  @Override
  public String toString() {
    return "state behind %d tokens of model %s%s"
        .formatted(
            read, origin.model(), tokens.length > read ? ", next " + Arrays.toString(next()) : "");
  }

  private int[] next() {
    return Arrays.copyOfRange(tokens, (int) read, tokens.length);
  }
}
