package dev.switchboard.cluster.hazelcast;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;

/**
 * Changes of one value that all processes share: wished by any thread, made by the grid's, by
 * compare-and-set.
 *
 * @param <T> the value
 */
final class Changes<T extends Record> {
  /** Longer than anybody waits for one. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int MOST_WISHES = 1024;
  private static final int MOST_TRIES_A_ROUND = 64;

  private final Supplier<String> key;
  private final T first;
  private final ToLongFunction<T> sequence;
  private final Queue<Wish<T>> wishes = new ConcurrentLinkedQueue<>();

  /** What those who wished have yet to hear; the grid's thread's alone. */
  private final Queue<Runnable> news = new ArrayDeque<>();

  private volatile boolean over;

  private record Wish<T>(UnaryOperator<T> change, CompletableFuture<T> made, long wishedAtNanos) {}

  /**
   * @param key of the value, as this process's version has it
   * @param first the value before anybody has changed it
   * @param sequence grows with every change
   */
  Changes(Supplier<String> key, T first, ToLongFunction<T> sequence) {
    this.key = key;
    this.first = first;
    this.sequence = sequence;
  }

  /**
   * Leaves a wish. It is not made any more once its stage is done, by whomever, or half a minute
   * later; where very many wait it fails at once.
   */
  CompletionStage<T> wish(UnaryOperator<T> change, long nowNanos) {
    if (wishes.size() >= MOST_WISHES) {
      return CompletableFuture.failedFuture(
          new IllegalStateException(
              "%d changes of %s wait already; the grid does not answer"
                  .formatted(MOST_WISHES, key.get())));
    }
    Wish<T> wish = new Wish<>(change, new CompletableFuture<>(), nowNanos);
    wishes.add(wish);
    if (over) {
      giveUp();
    }
    return wish.made();
  }

  /** Fails what has waited too long. */
  void expire(long nowNanos) {
    for (Wish<T> wish = wishes.peek();
        wish != null && nowNanos - wish.wishedAtNanos() > PATIENCE.toNanos();
        wish = wishes.peek()) {
      wishes.poll();
      wish.made()
          .completeExceptionally(
              new IllegalStateException(
                  "the grid did not answer within %d s".formatted(PATIENCE.toSeconds())));
    }
  }

  /**
   * Makes what is wished; what another process was quicker with is tried again at once, so often
   * that a round ends. {@link #tell} is to follow, when the view shows what was made, and also
   * where this throws.
   */
  void make(Swaps shared, Mirror members) {
    for (int tries = 0; tries < MOST_TRIES_A_ROUND; tries++) {
      Wish<T> wish = wishes.peek();
      if (wish == null) {
        return;
      }
      if (wish.made().isDone() || attempt(wish, shared, members)) {
        wishes.poll();
      }
    }
  }

  /** False if it is to be tried again. */
  private boolean attempt(Wish<T> wish, Swaps shared, Mirror members) {
    String name = key.get();
    T before = members.get(name, type()).orElse(first);
    T after;
    try {
      after = wish.change().apply(before);
    } catch (RuntimeException e) {
      news.add(() -> wish.made().completeExceptionally(e));
      return true;
    }
    if (!after.equals(before)) {
      byte[] bytes = GridCodec.encode(sequence.applyAsLong(after), after);
      if (!shared.swap(name, members.bytes(name), bytes)) {
        members.remove(name);
        shared.read(name).ifPresent(read -> members.put(name, read));
        return false;
      }
      members.put(name, bytes);
    }
    news.add(() -> wish.made().complete(after));
    return true;
  }

  /** Tells those who wished what has become of it. */
  void tell() {
    for (Runnable next = news.poll(); next != null; next = news.poll()) {
      next.run();
    }
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
