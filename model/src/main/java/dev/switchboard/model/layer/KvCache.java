package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.memory.HugePages;
import java.lang.foreign.MemorySegment;
import java.nio.IntBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of all sequences of one trunk, in blocks of 32 tokens, within a budget. A full
 * block is found again by its tokens and the block before it, so that sequences which begin alike
 * share memory and work; the tokens are compared, not only hashed. Blocks that no sequence refers
 * to stay findable until their memory is needed; the one that was let go first is reused first.
 *
 * <p>One cache serves one trunk: model, gate and arithmetic are the same for all of it. What may
 * differ between sequences (the variant of rope, a tenant) is their scope. Thread-safe; the memory
 * is freed when the cache and its tables are no longer reachable.
 */
public final class KvCache {
  private static final int BLOCK_TOKENS = KvShape.BLOCK_KEYS;

  /** Memory is taken in pieces of that size, or of one block: large enough for huge pages. */
  private static final long SLAB_BYTES = 16 << 20;

  private final List<KvShape> layers;
  private final long[] offsets;
  private final long blockBytes;
  private final Deque<KvBlock> free = new ArrayDeque<>();
  private final Map<Object, KvBlock> known = new HashMap<>();

  /** Findable blocks without references, the first let go first. */
  private final Set<KvBlock> idle = new LinkedHashSet<>();

  private MemorySegment slab = MemorySegment.NULL;
  private long budgetBytes;
  private long blocks;
  private long serials;
  private long evicted;

  /** A block's content: what lies before it (a scope, or a block's serial), and its tokens. */
  private record Key(Object before, IntBuffer tokens) {}

  /**
   * @param layers what each layer keeps; {@link KvShape#NONE} for those that are not attention
   * @param budgetBytes that blocks may take
   */
  public KvCache(List<KvShape> layers, long budgetBytes) {
    this.layers = List.copyOf(layers);
    this.offsets = new long[layers.size()];
    long bytes = 0;
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = bytes;
      bytes = Math.addExact(bytes, layers.get(i).blockBytes());
    }
    this.blockBytes = bytes;
    setBudget(budgetBytes);
  }

  /** Changes the budget; what is held beyond it is not taken away. */
  public synchronized void setBudget(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a budget of " + bytes + " bytes for keys and values");
    }
    budgetBytes = bytes;
  }

  public synchronized long budgetBytes() {
    return budgetBytes;
  }

  /** Bytes of the blocks that sequences refer to; a shared block counts once. */
  public synchronized long usedBytes() {
    return (blocks - free.size() - idle.size()) * blockBytes;
  }

  /** Bytes of the blocks that no sequence refers to, but which can still be found. */
  public synchronized long cachedBytes() {
    return idle.size() * blockBytes;
  }

  /** Blocks that were made, those that wait to be used again included. */
  public synchronized long blocks() {
    return blocks;
  }

  /** Blocks that could be found and were reused for something else, since the start. */
  public synchronized long evictedBlocks() {
    return evicted;
  }

  /** Bytes that a sequence of so many tokens takes at most. 0 for a model without attention. */
  public long bytesFor(long tokens) {
    return Math.multiplyExact((tokens + BLOCK_TOKENS - 1) / BLOCK_TOKENS, blockBytes);
  }

  /** Blocks that a sequence of so many tokens takes; 0 for a model without attention. */
  public int blocksFor(int tokens) {
    return blockBytes == 0 ? 0 : Math.ceilDiv(tokens, BLOCK_TOKENS);
  }

  /** Bytes of one block. */
  public long blockBytes() {
    return blockBytes;
  }

  /** Bytes from a block's start to a layer's pages. */
  long offset(int layer) {
    return offsets[layer];
  }

  /** Copies a block's first tokens, of all layers; the rest becomes zero. */
  void copy(MemorySegment from, MemorySegment to, int tokens) {
    if (tokens == BLOCK_TOKENS) {
      MemorySegment.copy(from, 0, to, 0, blockBytes);
      return;
    }
    for (int i = 0; i < offsets.length; i++) {
      layers.get(i).copy(from, to, offsets[i], tokens);
    }
  }

  /** A table that neither finds nor leaves anything for others. */
  public KvTable newTable() {
    return new KvTable(this, null);
  }

  /**
   * A table that begins with as much of the prompt as others have left in blocks, but not with all
   * of it: at least its last token remains to be computed.
   *
   * @param scope equal for sequences whose keys and values are the same for the same tokens
   */
  public KvTable newTable(Object scope, int[] prompt) {
    return newTable(scope, prompt, prompt.length - 1);
  }

  /**
   * A table that begins with as much of the prompt as others have left in blocks.
   *
   * @param scope equal for sequences whose keys and values are the same for the same tokens
   * @param most tokens that it begins with
   */
  public KvTable newTable(Object scope, int[] prompt, int most) {
    KvTable table = new KvTable(this, scope);
    IntBuffer all = IntBuffer.wrap(prompt.clone());
    synchronized (this) {
      for (int from = 0; from + BLOCK_TOKENS <= most; from += BLOCK_TOKENS) {
        KvBlock block = known.get(new Key(table.before(), all.slice(from, BLOCK_TOKENS)));
        if (block == null) {
          break;
        }
        table.adopt(acquire(block));
      }
    }
    return table;
  }

  /** How many of the prompt's first tokens others have left in blocks. */
  public synchronized int findable(Object scope, int[] prompt) {
    IntBuffer all = IntBuffer.wrap(prompt);
    Object before = scope;
    int from = 0;
    while (from + BLOCK_TOKENS <= prompt.length) {
      KvBlock block = known.get(new Key(before, all.slice(from, BLOCK_TOKENS)));
      if (block == null) {
        break;
      }
      before = block.serial;
      from += BLOCK_TOKENS;
    }
    return from;
  }

  /**
   * A block with any content, of one reference.
   *
   * @throws KvCacheFullException naming the budget
   */
  synchronized KvBlock allocate() {
    KvBlock block = free.poll();
    if (block == null && (blocks + 1) * blockBytes <= budgetBytes) {
      block = new KvBlock(memory());
      blocks++;
    }
    if (block == null) {
      block = forgotten();
    }
    block.references = 1;
    return block;
  }

  /** Of a block; {@link #slab} is what has been taken and not been given out. */
  private MemorySegment memory() {
    if (slab.byteSize() < blockBytes) {
      long room = Math.min(SLAB_BYTES, budgetBytes - blocks * blockBytes);
      slab = HugePages.allocate(Math.max(1, room / blockBytes) * blockBytes);
    }
    MemorySegment memory = slab.asSlice(0, blockBytes);
    slab = slab.asSlice(blockBytes);
    return memory;
  }

  private KvBlock forgotten() {
    Iterator<KvBlock> oldest = idle.iterator();
    if (!oldest.hasNext()) {
      throw new KvCacheFullException(
          "no room for keys and values: "
              + usedBytes()
              + " bytes are in use, the budget is "
              + budgetBytes
              + ", a block of "
              + BLOCK_TOKENS
              + " tokens needs "
              + blockBytes);
    }
    KvBlock block = oldest.next();
    oldest.remove();
    known.remove(block.key);
    block.key = null;
    evicted++;
    return block;
  }

  synchronized KvBlock acquire(KvBlock block) {
    if (block.references++ == 0) {
      idle.remove(block);
    }
    return block;
  }

  synchronized void release(KvBlock block) {
    if (--block.references == 0) {
      if (block.key == null) {
        free.push(block);
      } else {
        idle.add(block);
      }
    }
  }

  synchronized boolean shared(KvBlock block) {
    return block.references > 1;
  }

  /**
   * Makes a full block findable, or swaps it for an equal one that is already: the bits are the
   * same.
   *
   * @param before what lies before it: the scope, or the serial of the block before
   * @param tokens its 32 tokens; kept
   * @return the block to refer to
   */
  synchronized KvBlock publish(KvBlock block, Object before, int[] tokens) {
    Key key = new Key(before, IntBuffer.wrap(tokens));
    @Nullable KvBlock equal = known.get(key);
    if (equal != null) {
      acquire(equal);
      release(block);
      return equal;
    }
    block.key = key;
    block.serial = ++serials;
    known.put(key, block);
    return block;
  }
}
