package dev.switchboard.router.engine;

/**
 * The memory for keys and values, as the scheduler looks at it. Blocks that are only kept for
 * others to find count as free.
 */
public interface KvRoom {
  /** Of a model that keeps neither keys nor values. */
  KvRoom NONE =
      new KvRoom() {
        @Override
        public int blockTokens() {
          return 0;
        }

        @Override
        public long blockBytes() {
          return 0;
        }

        @Override
        public long freeBlocks() {
          return 0;
        }

        @Override
        public long totalBlocks() {
          return 0;
        }
      };

  /** Tokens of one block; 0 if nothing is kept. */
  int blockTokens();

  long blockBytes();

  /** Blocks that can be had now. */
  long freeBlocks();

  /** Blocks that can be had while no request runs. */
  long totalBlocks();

  /** Blocks that so many tokens of one sequence take. */
  default long blocks(long tokens) {
    return blockTokens() == 0 ? 0 : (tokens + blockTokens() - 1) / blockTokens();
  }
}
