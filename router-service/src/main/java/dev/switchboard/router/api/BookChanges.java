package dev.switchboard.router.api;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.Grid;
import io.grpc.Status;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Changes of what is said about experts, waited for.
 *
 * @param made hears of a change before whoever asked for it does
 */
public record BookChanges(Grid grid, Consumer<ExpertBook> made) {
  private static final long GRID_SECONDS = 10;

  /**
   * Makes a change.
   *
   * @throws AccessException if the grid does not answer
   * @throws RuntimeException what the change throws
   */
  ExpertBook make(UnaryOperator<ExpertBook> change) {
    ExpertBook book = await(grid.changeExperts(change));
    made.accept(book);
    return book;
  }

  /**
   * Waits for a change.
   *
   * @throws AccessException if the grid does not answer
   * @throws RuntimeException what the change throws
   */
  static <T> T await(CompletionStage<T> wished) {
    try {
      return wished.toCompletableFuture().get(GRID_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw new AccessException(Status.UNAVAILABLE, "the grid: " + e.getCause());
    } catch (TimeoutException e) {
      // Nobody would know if it were made later.
      wished.toCompletableFuture().cancel(false);
      throw new AccessException(
          Status.UNAVAILABLE, "the grid did not answer within %d s".formatted(GRID_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AccessException(Status.UNAVAILABLE, "this router is stopping");
    }
  }
}
