package dev.switchboard.router.dispatch;

import java.util.BitSet;

/** The slots of a round that are neither answered nor lost, and how many batches have each. */
final class OpenSlots {
  private final BitSet open = new BitSet();

  /** Open slots whose expert nobody has now, and perhaps somebody will have soon. */
  private final BitSet waiting = new BitSet();

  private final byte[] covered;

  OpenSlots(int slots) {
    this.covered = new byte[slots];
  }

  void open(int slot) {
    open.set(slot);
  }

  boolean isOpen(int slot) {
    return open.get(slot);
  }

  boolean none() {
    return open.isEmpty();
  }

  /** How many batches under way have the slot. */
  int covered(int slot) {
    return covered[slot];
  }

  /** The batch is under way. */
  void cover(NodeBatch batch) {
    for (ExpertRows group : batch.groups()) {
      for (int slot : group.slots()) {
        covered[slot]++;
      }
    }
  }

  /** It is not under way any more. */
  void uncover(NodeBatch batch) {
    for (ExpertRows group : batch.groups()) {
      for (int slot : group.slots()) {
        covered[slot]--;
      }
    }
  }

  /** All of the group are answered. */
  void close(ExpertRows group) {
    for (int slot : group.slots()) {
      close(slot);
    }
  }

  /** It is answered or lost. */
  void close(int slot) {
    open.clear(slot);
    waiting.clear(slot);
  }

  void waitFor(int slot) {
    waiting.set(slot);
  }

  /** Whether something is waited for that nobody has. */
  boolean waits() {
    return !waiting.isEmpty();
  }

  /** What is waited for, ascending; none of it is any more. */
  int[] takeWaiting() {
    int[] slots = waiting.stream().toArray();
    waiting.clear();
    return slots;
  }

  /** All that are open, ascending. */
  int[] all() {
    return open.stream().toArray();
  }
}
