package dev.switchboard.cluster.hazelcast;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a value that two halves of a split cluster have both changed: the one with the
 * larger sequence stays, which is the larger epoch of a placement and the later word of a process.
 */
public final class LargerSequence
    implements SplitBrainMergePolicy<byte[], MergingValue<byte[]>, byte[]> {
  /** Hazelcast makes one by this class's name. */
  public LargerSequence() {}

  @Override
  public byte @Nullable [] merge(
      MergingValue<byte[]> merging, @Nullable MergingValue<byte[]> existing) {
    byte[] theirs = existing == null ? null : existing.getDeserializedValue();
    return larger(merging.getDeserializedValue(), theirs);
  }

  /** Of two encoded values the one to keep; one that cannot be read gives way. */
  static byte @Nullable [] larger(byte @Nullable [] one, byte @Nullable [] other) {
    return sequence(one) > sequence(other) ? one : other;
  }

  private static long sequence(byte @Nullable [] value) {
    if (value == null) {
      return Long.MIN_VALUE;
    }
    try {
      return GridCodec.decode(value).sequence();
    } catch (IllegalArgumentException e) {
      return Long.MIN_VALUE + 1;
    }
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
