package dev.switchboard.router.added;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertBookCodec;
import dev.switchboard.cluster.Grid;
import dev.switchboard.router.files.StateFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was said about experts, on disk: a deployment of which every router has ended goes on with
 * it. Of what several remember, and what the grid says, the largest epoch of this model holds;
 * where they are equal, what the grid says. One thread reads and writes.
 */
public final class BookMemory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BookMemory.class);
  private static final String FILE = "experts.state";
  private static final Duration WRITE = Duration.ofSeconds(5);

  private final StateFile<ExpertBook> file;
  private final Grid grid;
  private final String model;
  private final Predicate<ExpertBook.Added> here;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("router-experts").factory());
  private volatile ExpertBook known = ExpertBook.EMPTY;

  /**
   * @param model fingerprint of the model that this router serves
   * @param here whether an added expert can be had, from here or from elsewhere; may take its time
   */
  public BookMemory(Path folder, Grid grid, String model, Predicate<ExpertBook.Added> here) {
    this.file =
        new StateFile<>(folder.resolve(FILE), ExpertBookCodec::encode, ExpertBookCodec::decode);
    this.grid = grid;
    this.model = model;
    this.here = here;
  }

  /**
   * Says to the grid what is remembered, if nothing newer is said there, and remembers what is said
   * from now on.
   *
   * @return done when the grid says what is true
   */
  public CompletionStage<Void> begin() {
    CompletionStage<Void> said =
        CompletableFuture.runAsync(this::recall, thread)
            .thenCompose(nothing -> grid.changeExperts(this::newer))
            .thenAcceptAsync(this::follow, thread);
    grid.onChange(view -> later(() -> heard(view.experts())));
    return said;
  }

  /** What the file says; what is of another model was not known. */
  private void recall() {
    known =
        file.read()
            .filter(book -> book.model().equals(model))
            .map(this::withoutLost)
            .orElse(ExpertBook.EMPTY);
  }

  /**
   * Without the first added expert that is lost, and all behind it. Whoever remembers the same and
   * has them knows better: this is older.
   */
  private ExpertBook withoutLost(ExpertBook book) {
    List<ExpertBook.Added> kept = book.added().stream().takeWhile(here).toList();
    ExpertBook left = book;
    while (left.added().size() > kept.size()) {
      LOG.warn("expert {} is not added again: its files are gone", left.added().getLast().name());
      left = left.withoutLast();
    }
    return left == book
        ? book
        : new ExpertBook(book.epoch() - 1, left.model(), left.added(), left.disabled());
  }

  private ExpertBook newer(ExpertBook said) {
    return isOlder(said) ? known : said;
  }

  private boolean isOlder(ExpertBook said) {
    ExpertBook own = known;
    boolean comparable = said.equals(ExpertBook.EMPTY) || said.model().equals(own.model());
    return comparable && said.epoch() < own.epoch();
  }

  /** Whatever was remembered, this is what is true. */
  private void follow(ExpertBook book) {
    if (!book.equals(known)) {
      known = book;
      file.write(book);
    }
  }

  private void later(Runnable work) {
    try {
      thread.execute(work);
    } catch (RejectedExecutionException e) {
      LOG.debug("nothing is remembered any more: the router stops");
    }
  }

  private void heard(ExpertBook book) {
    if (isOlder(book)) {
      grid.changeExperts(this::newer);
    } else if (book.epoch() > known.epoch()) {
      follow(book);
    }
  }

  /**
   * Has it on disk when it returns; what was said before something that is there changes nothing.
   */
  public void remember(ExpertBook book) {
    try {
      CompletableFuture.runAsync(
              () -> {
                if (book.epoch() > known.epoch()) {
                  follow(book);
                }
              },
              thread)
          .join();
    } catch (RejectedExecutionException e) {
      LOG.debug("nothing is remembered any more: the router stops");
    }
  }

  /** What was said last is on disk, or the disk has had its time. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(WRITE.toSeconds(), TimeUnit.SECONDS)) {
        LOG.warn("what was said last about experts is not on disk after {} s", WRITE.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
