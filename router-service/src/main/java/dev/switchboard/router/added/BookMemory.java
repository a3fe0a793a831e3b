package dev.switchboard.router.added;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertBookCodec;
import dev.switchboard.cluster.Grid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was said about experts, on disk: a deployment of which every router has ended goes on with
 * it. What the grid says goes before what is remembered.
 */
public final class BookMemory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BookMemory.class);
  private static final String FILE = "experts.state";

  private final Path folder;
  private final Grid grid;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("router-experts").factory());
  private ExpertBook known;

  /**
   * @param model fingerprint of the model that this router serves
   * @param here whether an added expert can still be had
   */
  public BookMemory(Path folder, Grid grid, String model, Predicate<ExpertBook.Added> here) {
    this.folder = folder;
    this.grid = grid;
    this.known = recalled(folder, model, here);
  }

  /** What the file says; what cannot be read, or is of another model, was not known. */
  private static ExpertBook recalled(Path folder, String model, Predicate<ExpertBook.Added> here) {
    Path file = folder.resolve(FILE);
    try {
      if (Files.exists(file)) {
        ExpertBook book = ExpertBookCodec.decode(Files.readAllBytes(file));
        if (book.model().equals(model)) {
          return withoutLost(book, here);
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("{} is not used: {}", file, e.toString());
    }
    return ExpertBook.EMPTY;
  }

  /** Without the first added expert that is lost, and all behind it. */
  private static ExpertBook withoutLost(ExpertBook book, Predicate<ExpertBook.Added> here) {
    List<ExpertBook.Added> kept = book.added().stream().takeWhile(here).toList();
    ExpertBook left = book;
    while (left.added().size() > kept.size()) {
      LOG.warn("expert {} is not added again: its files are gone", left.added().getLast().name());
      left = left.withoutLast();
    }
    return left;
  }

  /**
   * Says to the grid what is remembered, if nothing is said there, and remembers what is said from
   * now on.
   *
   * @return done when the grid says what is true
   */
  public CompletionStage<Void> begin() {
    CompletionStage<Void> said = grid.changeExperts(this::unlessSaid).thenAccept(this::follow);
    grid.onChange(view -> later(() -> heard(view.experts())));
    return said;
  }

  private synchronized ExpertBook unlessSaid(ExpertBook now) {
    return now.equals(ExpertBook.EMPTY) ? known : now;
  }

  /** Whatever was remembered, this is what is true. */
  private synchronized void follow(ExpertBook book) {
    if (!book.equals(known)) {
      known = book;
      write(book);
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
    if (book.equals(ExpertBook.EMPTY)) {
      grid.changeExperts(this::unlessSaid);
    } else {
      remember(book);
    }
  }

  /**
   * Has it on disk when it returns; what was said before something that is there changes nothing.
   */
  public synchronized void remember(ExpertBook book) {
    if (book.epoch() > known.epoch()) {
      known = book;
      write(book);
    }
  }

  private void write(ExpertBook book) {
    try {
      Path beside = Files.createTempFile(folder, ".experts-", "");
      try {
        Files.write(beside, ExpertBookCodec.encode(book));
        Files.move(
            beside,
            folder.resolve(FILE),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      LOG.warn("what is said about experts is not remembered in {}: {}", folder, e.toString());
    }
  }

  @Override
  public void close() {
    thread.shutdown();
  }
}
