package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ExpertBook;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

/** Changes of what is said about experts: wished by any thread, made by the grid's. */
final class ExpertChanges {
  private final Queue<Wish> wishes = new ConcurrentLinkedQueue<>();
  private volatile boolean over;

  private record Wish(UnaryOperator<ExpertBook> change, CompletableFuture<ExpertBook> made) {}

  CompletionStage<ExpertBook> wish(UnaryOperator<ExpertBook> change) {
    Wish wish = new Wish(change, new CompletableFuture<>());
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
    for (Wish wish = wishes.peek(); wish != null; wish = wishes.peek()) {
      ExpertBook before = members.get(Keys.EXPERTS, ExpertBook.class).orElse(ExpertBook.EMPTY);
      ExpertBook after;
      try {
        after = wish.change().apply(before);
      } catch (RuntimeException e) {
        wishes.poll();
        Wish refused = wish;
        told.add(() -> refused.made().completeExceptionally(e));
        continue;
      }
      if (!after.equals(before)) {
        byte[] bytes = GridCodec.encode(after.epoch(), after);
        if (!link.swap(Keys.EXPERTS, members.bytes(Keys.EXPERTS), bytes)) {
          members.remove(Keys.EXPERTS);
          link.read(Keys.EXPERTS).ifPresent(read -> members.put(Keys.EXPERTS, read));
          continue;
        }
        members.put(Keys.EXPERTS, bytes);
      }
      wishes.poll();
      Wish done = wish;
      told.add(() -> done.made().complete(after));
    }
    return () -> told.forEach(Runnable::run);
  }

  /** The grid has been left: nothing is made any more. */
  void giveUp() {
    over = true;
    for (Wish wish = wishes.poll(); wish != null; wish = wishes.poll()) {
      wish.made()
          .completeExceptionally(new IllegalStateException("this process has left the grid"));
    }
  }
}
