package dev.switchboard.cluster.hazelcast;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;

/**
 * Changes of one value that all processes share: wished by any thread, made by the grid's, by
 * compare-and-set.
 *
 * @param <T> the value
 */
final class Changes<T extends Record> {
  private final String key;
  private final T first;
  private final ToLongFunction<T> sequence;
  private final Queue<Wish<T>> wishes = new ConcurrentLinkedQueue<>();
  private volatile boolean over;

  private record Wish<T>(UnaryOperator<T> change, CompletableFuture<T> made) {}

  /**
   * @param key of the value
   * @param first the value before anybody has changed it
   * @param sequence grows with every change
   */
  Changes(String key, T first, ToLongFunction<T> sequence) {
    this.key = key;
    this.first = first;
    this.sequence = sequence;
  }

  CompletionStage<T> wish(UnaryOperator<T> change) {
    Wish<T> wish = new Wish<>(change, new CompletableFuture<>());
    wishes.add(wish);
    if (over) {
      giveUp();
    }
    return wish.made();
  }

  /**
   * Makes what is wished; what another process was quicker with is tried again at once.
   *
   * @return to be run when the view shows what was made: tells those who wished
   */
  Runnable make(Link link, Mirror members) {
    List<Runnable> told = new ArrayList<>();
    for (Wish<T> wish = wishes.peek(); wish != null; wish = wishes.peek()) {
      T before = members.get(key, type()).orElse(first);
      T after;
      try {
        after = wish.change().apply(before);
      } catch (RuntimeException e) {
        wishes.poll();
        Wish<T> refused = wish;
        told.add(() -> refused.made().completeExceptionally(e));
        continue;
      }
      if (!after.equals(before)) {
        byte[] bytes = GridCodec.encode(sequence.applyAsLong(after), after);
        if (!link.swap(key, members.bytes(key), bytes)) {
          members.remove(key);
          link.read(key).ifPresent(read -> members.put(key, read));
          continue;
        }
        members.put(key, bytes);
      }
      wishes.poll();
      Wish<T> done = wish;
      told.add(() -> done.made().complete(after));
    }
    return () -> told.forEach(Runnable::run);
  }

  @SuppressWarnings("unchecked") // the class of a T
  private Class<T> type() {
    return (Class<T>) first.getClass();
  }

  /** The grid has been left: nothing is made any more. */
  void giveUp() {
    over = true;
    for (Wish<T> wish = wishes.poll(); wish != null; wish = wishes.poll()) {
      wish.made()
          .completeExceptionally(new IllegalStateException("this process has left the grid"));
    }
  }
}
