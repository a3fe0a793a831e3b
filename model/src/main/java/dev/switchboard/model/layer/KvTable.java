package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.KvShape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys and values of one sequence: which blocks hold them, and how many tokens there are. One
 * owner. A step first {@link #reserve}s room, its mixers write, and only after it has succeeded are
 * its tokens {@link #append}ed: full blocks can then be found by others.
 */
public final class KvTable implements AutoCloseable {
  private static final int BLOCK_TOKENS = KvShape.BLOCK_KEYS;

  private final KvCache cache;
  private final int[] tail = new int[BLOCK_TOKENS];
  private KvBlock[] blocks = new KvBlock[0];
  private int count;
  private long length;
  private int ahead;
  private boolean open = true;

  /** Scope, or serial of the last full block; null if others are not to find this sequence. */
  private @Nullable Object before;

  KvTable(KvCache cache, @Nullable Object scope) {
    this.cache = cache;
    this.before = scope;
  }

  Object before() {
    if (before == null) {
      throw new IllegalStateException("a table without a scope");
    }
    return before;
  }

  public KvCache cache() {
    return cache;
  }

  /** Tokens whose keys and values are there. */
  public long length() {
    return length;
  }

  /** Where the next token's keys and values go: behind the length, where some are on their way. */
  long next() {
    return length + ahead;
  }

  /**
   * Tokens whose keys and values are being written by a step under way and that those to come now
   * follow; 0 again afterwards.
   */
  public void lookAhead(int tokens) {
    ahead = tokens;
  }

  /** Memory that it refers to, shared blocks included. */
  public long bytes() {
    return count * cache.blockBytes();
  }

  MemorySegment block(int index) {
    if (index >= count) {
      throw new IllegalArgumentException("block " + index + " of " + count);
    }
    return blocks[index].data;
  }

  /**
   * Makes room for that many tokens more, in blocks that nobody else refers to.
   *
   * @throws KvCacheFullException if there is none; the table is as it was, or longer
   */
  public void reserve(int tokens) {
    if (!open) {
      throw new IllegalStateException("a closed table of keys and values");
    }
    if (cache.blockBytes() == 0) {
      return;
    }
    int partial = (int) (length / BLOCK_TOKENS);
    if (partial < count && cache.shared(blocks[partial])) {
      KvBlock copy = cache.allocate();
      copy.data.copyFrom(blocks[partial].data);
      cache.release(blocks[partial]);
      blocks[partial] = copy;
    }
    long wanted = (length + tokens + BLOCK_TOKENS - 1) / BLOCK_TOKENS;
    while (count < wanted) {
      add(cache.allocate());
    }
  }

  private void add(KvBlock block) {
    if (count == blocks.length) {
      blocks = Arrays.copyOf(blocks, Math.max(4, count + count / 2));
    }
    blocks[count++] = block;
  }

  /** A found block, with its reference. */
  void adopt(KvBlock block) {
    add(block);
    length += BLOCK_TOKENS;
    before = block.serial;
  }

  /** The tokens of a step that has succeeded. */
  public void append(int[] tokens) {
    for (int token : tokens) {
      tail[(int) (length % BLOCK_TOKENS)] = token;
      length++;
      if (length % BLOCK_TOKENS == 0 && before != null && count > 0) {
        int full = (int) (length / BLOCK_TOKENS) - 1;
        blocks[full] = cache.publish(blocks[full], before, tail.clone());
        before = blocks[full].serial;
      }
    }
  }

  /** Blocks that hold all tokens. */
  public int filledBlocks() {
    return cache.blockBytes() == 0 ? 0 : (int) ((length + BLOCK_TOKENS - 1) / BLOCK_TOKENS);
  }

  /** Copies a block; what it holds behind the last token is zero there. */
  public void save(int index, MemorySegment into) {
    int tokens = (int) Math.min(BLOCK_TOKENS, length - (long) index * BLOCK_TOKENS);
    cache.copy(block(index), into, tokens);
  }

  /**
   * Puts back what {@link #save} has copied, into a table without tokens.
   *
   * @param tokens whose keys and values they are
   * @throws KvCacheFullException if there is no room; the table is to be closed then
   */
  public void restore(int[] tokens, List<MemorySegment> saved) {
    if (length != 0) {
      throw new IllegalStateException("a table of " + length + " tokens");
    }
    reserve(tokens.length);
    for (int i = 0; i < saved.size(); i++) {
      MemorySegment.copy(saved.get(i), 0, block(i), 0, cache.blockBytes());
    }
    append(tokens);
  }

  /** From now on, leaves nothing for others: what comes is not what the model would say. */
  public void keepPrivate() {
    before = null;
  }

  /** The same tokens, going their own way: blocks are shared until one of the two writes. */
  public KvTable fork() {
    KvTable fork = new KvTable(cache, before);
    int used = Math.min(count, (int) ((length + BLOCK_TOKENS - 1) / BLOCK_TOKENS));
    for (int i = 0; i < used; i++) {
      fork.add(cache.acquire(blocks[i]));
    }
    fork.length = length;
    System.arraycopy(tail, 0, fork.tail, 0, BLOCK_TOKENS);
    return fork;
  }

  /** Lets the blocks go, the last first: so that a block is not reused before those after it. */
  @Override
  public void close() {
    open = false;
    while (count > 0) {
      cache.release(blocks[--count]);
    }
  }
}
