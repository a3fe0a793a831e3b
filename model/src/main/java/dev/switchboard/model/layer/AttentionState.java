package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.KvPages;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Where one attention layer finds a sequence's keys and values, and how its positions turn. */
public final class AttentionState implements MixerState, KvPages {
  private final KvTable table;
  private final long layerOffset;
  private final @Nullable RopeTable rope;

  /**
   * @param layer index of the layer in the cache
   * @param rope null where positions are not encoded
   */
  AttentionState(KvTable table, int layer, @Nullable RopeTable rope) {
    this(table, table.cache().offset(layer), rope);
  }

  private AttentionState(KvTable table, long layerOffset, @Nullable RopeTable rope) {
    this.table = table;
    this.layerOffset = layerOffset;
    this.rope = rope;
  }

  @Nullable RopeTable rope() {
    return rope;
  }

  /** Position of the next token. */
  long position() {
    return table.next();
  }

  @Override
  public MemorySegment block(int index) {
    return table.block(index);
  }

  @Override
  public long layerOffset() {
    return layerOffset;
  }

  /** Nothing of its own: all layers share the table. */
  @Override
  public long bytes() {
    return 0;
  }

  /** On a table of its own. */
  @Override
  public AttentionState copy() {
    return new AttentionState(table.fork(), layerOffset, rope);
  }

  /** The same place in a table that was forked from this one's. */
  @Override
  public AttentionState copy(SequenceMemory memory) {
    return new AttentionState(memory.keysAndValues(), layerOffset, rope);
  }
}
