package dev.switchboard.benchmarks;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Sends a request again when a connection has broken, as callers of a server do. */
final class Patience {
  private static final int MOST_ATTEMPTS = 20;
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Consumer<String> progress;
  private BooleanSupplier giveUp = () -> false;
  private int repeats;

  /**
   * @param progress is told of each repeat
   */
  Patience(Consumer<String> progress) {
    this.progress = progress;
  }

  /** Says when it is not worth another try. */
  Patience until(BooleanSupplier useless) {
    giveUp = useless;
    return this;
  }

  int repeats() {
    return repeats;
  }

  BookAnswer ask(Supplier<BookAnswer> request) {
    return ask(request, request);
  }

  /**
   * @param again what is sent instead from the second time on
   */
  BookAnswer ask(Supplier<BookAnswer> request, Supplier<BookAnswer> again) {
    Supplier<BookAnswer> next = request;
    for (int attempt = 1; ; attempt++) {
      try {
        return next.get();
      } catch (StatusRuntimeException e) {
        boolean broken = e.getStatus().getCode() == Status.Code.UNAVAILABLE;
        if (!broken || giveUp.getAsBoolean() || attempt == MOST_ATTEMPTS) {
          throw e;
        }
        progress.accept("sent again: " + e.getMessage());
        repeats++;
        next = again;
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted");
    }
  }
}
