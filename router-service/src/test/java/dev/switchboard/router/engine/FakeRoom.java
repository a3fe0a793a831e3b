package dev.switchboard.router.engine;

import java.util.HashMap;
import java.util.Map;

/** Blocks of memory that are counted and nothing else. */
final class FakeRoom implements KvRoom {
  private final int blockTokens;
  private final long total;
  private final Map<Long, Long> held = new HashMap<>();

  FakeRoom(int blockTokens, long total) {
    this.blockTokens = blockTokens;
    this.total = total;
  }

  @Override
  public int blockTokens() {
    return blockTokens;
  }

  @Override
  public long blockBytes() {
    return 10;
  }

  @Override
  public long freeBlocks() {
    return total - held.values().stream().mapToLong(blocks -> blocks).sum();
  }

  @Override
  public long totalBlocks() {
    return total;
  }

  /** So many tokens are held by it from now on. */
  void holds(long id, long tokens) {
    held.put(id, blocks(tokens));
  }

  void free(long id) {
    held.remove(id);
  }
}
