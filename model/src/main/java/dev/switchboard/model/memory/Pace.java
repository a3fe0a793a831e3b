package dev.switchboard.model.memory;

import java.util.function.Supplier;

/**
 * How fast work may go on that nobody waits for at once: reading, fetching and packing weights
 * while the process also answers. Such work says after each piece what it has done, and is held up
 * there. It belongs to a thread and what that thread calls; by default nothing is held up.
 */
public interface Pace {
  /** As fast as it goes, on all processors. */
  Pace FREE = bytes -> {};

  /** The same, and somebody waits: whoever helps is to put other things off. */
  Pace URGENT =
      new Pace() {
        @Override
        public void worked(long bytes) {}

        @Override
        public boolean urgent() {
          return true;
        }
      };

  /**
   * After a piece of work: returns when the next one may begin.
   *
   * @param bytes of weights that it has read, from a file or elsewhere; 0 if they had been read
   */
  void worked(long bytes);

  /** Whether work is to stay on the thread that was given it, in small pieces. */
  default boolean alone() {
    return false;
  }

  /** Whether somebody waits for what is loaded. */
  default boolean urgent() {
    return false;
  }

  /** Of the calling thread. */
  static Pace current() {
    return Paces.CURRENT.isBound() ? Paces.CURRENT.get() : FREE;
  }

  /** Does something at this pace. */
  default <T> T during(Supplier<T> work) {
    return ScopedValue.where(Paces.CURRENT, this).call(work::get);
  }
}
