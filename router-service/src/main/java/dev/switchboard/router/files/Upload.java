package dev.switchboard.router.files;

import dev.switchboard.model.checkpoint.CheckpointException;
import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Files on their way to this router. Whatever ends it, nothing half is left.
 *
 * @param <P> a part
 * @param <R> takes the parts
 * @param <A> the answer
 */
public final class Upload<P, R extends Upload.Receipt<P>, A> implements StreamObserver<P> {
  private final Steps<R, A> steps;
  private final StreamObserver<A> observer;
  private @Nullable R receipt;
  private boolean over;

  /** Takes parts; closed, it leaves nothing of them but what was kept. */
  public interface Receipt<P> extends AutoCloseable {
    /**
     * @throws CheckpointException if it cannot be the next
     */
    void add(P part);

    @Override
    void close();
  }

  /**
   * What is done, in order.
   *
   * @param begin with the first part
   * @param finish when all parts are there
   * @param refuse tells the caller what went wrong in either
   */
  public record Steps<R, A>(
      Supplier<R> begin, Function<R, A> finish, Consumer<RuntimeException> refuse) {}

  public Upload(Steps<R, A> steps, StreamObserver<A> observer) {
    this.steps = steps;
    this.observer = observer;
  }

  @Override
  public void onNext(P part) {
    if (over) {
      return;
    }
    try {
      if (receipt == null) {
        receipt = steps.begin().get();
      }
      receipt.add(part);
    } catch (RuntimeException e) {
      end();
      steps.refuse().accept(e);
    }
  }

  @Override
  public void onError(Throwable failure) {
    end();
  }

  @Override
  public void onCompleted() {
    if (over) {
      return;
    }
    try {
      if (receipt == null) {
        throw new CheckpointException("no part of any file was sent");
      }
      A answer = steps.finish().apply(receipt);
      end();
      observer.onNext(answer);
      observer.onCompleted();
    } catch (RuntimeException e) {
      end();
      steps.refuse().accept(e);
    }
  }

  private void end() {
    over = true;
    if (receipt != null) {
      receipt.close();
      receipt = null;
    }
  }
}
