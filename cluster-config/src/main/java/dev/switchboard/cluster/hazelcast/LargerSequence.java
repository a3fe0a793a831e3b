package dev.switchboard.cluster.hazelcast;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import dev.switchboard.cluster.NodeBook;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a value that two halves of a split cluster have both changed: the one with the
 * larger sequence stays, which is the larger epoch of a placement and the later word of a process.
 * Of decisions and marks nothing is lost: both halves' are kept.
 */
public final class LargerSequence
    implements SplitBrainMergePolicy<byte[], MergingValue<byte[]>, byte[]> {
  /** Hazelcast makes one by this class's name. */
  public LargerSequence() {}

  @Override
  public byte @Nullable [] merge(
      MergingValue<byte[]> merging, @Nullable MergingValue<byte[]> existing) {
    byte[] theirs = existing == null ? null : existing.getDeserializedValue();
    return merged(merging.getDeserializedValue(), theirs);
  }

  /** What is to be there of two encoded values. */
  static byte @Nullable [] merged(byte @Nullable [] one, byte @Nullable [] other) {
    byte[] larger = larger(one, other);
    byte[] smaller = larger == one ? other : one;
    if (larger == null || smaller == null || Arrays.equals(larger, smaller)) {
      return larger;
    }
    return book(larger)
        .flatMap(book -> book(smaller).map(book::merged))
        .map(both -> GridCodec.encode(both.epoch(), both))
        .orElse(larger);
  }

  private static Optional<NodeBook> book(byte[] value) {
    try {
      return GridCodec.decode(value).body() instanceof NodeBook book
          ? Optional.of(book)
          : Optional.empty();
    } catch (IllegalArgumentException unreadable) {
      return Optional.empty();
    }
  }

  /** Of two encoded values the one to keep; one that cannot be read gives way. */
  static byte @Nullable [] larger(byte @Nullable [] one, byte @Nullable [] other) {
    return sequence(one) > sequence(other) ? one : other;
  }

  private static long sequence(byte @Nullable [] value) {
    return value == null ? Long.MIN_VALUE : GridCodec.sequence(value);
  }

  @Override
  public void writeData(ObjectDataOutput out) {
    // It has no state.
  }

  @Override
  public void readData(ObjectDataInput in) {
    // It has no state.
  }
}
