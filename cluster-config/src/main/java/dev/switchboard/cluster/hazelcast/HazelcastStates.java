package dev.switchboard.cluster.hazelcast;

import com.hazelcast.core.HazelcastException;
import com.hazelcast.map.IMap;
import dev.switchboard.cluster.state.StateException;
import dev.switchboard.cluster.state.StateException.Kind;
import dev.switchboard.cluster.state.StateMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Values of sessions and sequences in a map of the grid: each held by one router and copied to
 * another, if there is another. Every call has a deadline.
 */
final class HazelcastStates implements StateMap {
  private static final long CALL_SECONDS = 5;

  private final Supplier<@Nullable Link> link;
  private final Duration timeToLive;

  /**
   * @param link the present one, if there is one
   */
  HazelcastStates(Supplier<@Nullable Link> link, Duration timeToLive) {
    this.link = link;
    this.timeToLive = timeToLive;
  }

  @Override
  public List<Optional<byte[]>> get(List<String> names) {
    return call(map -> {
      List<CompletableFuture<byte[]>> calls =
          names.stream().map(name -> map.getAsync(name).toCompletableFuture()).toList();
      List<Optional<byte[]>> values = new ArrayList<>(names.size());
      for (CompletableFuture<byte[]> value : calls) {
        values.add(Optional.ofNullable(await(value)));
      }
      return values;
    });
  }

  @Override
  public void put(Map<String, byte[]> values) {
    values.values().forEach(HazelcastStates::requireSize);
    call(map -> {
      Map<String, CompletionStage<Void>> calls = new LinkedHashMap<>();
      values.forEach((name, value) -> calls.put(name, map.setAsync(name, value)));
      for (CompletionStage<Void> written : calls.values()) {
        await(written);
      }
      return true;
    });
  }

  @Override
  public boolean swap(String name, Optional<byte[]> expected, byte[] next) {
    requireSize(next);
    return call(map ->
        expected.isPresent()
            ? map.replace(name, expected.get(), next)
            : map.putIfAbsent(name, next) == null);
  }

  @Override
  public void keep(Collection<String> names) {
    call(map -> {
      names.forEach(name -> map.setTtl(name, timeToLive.toMillis(), TimeUnit.MILLISECONDS));
      return true;
    });
  }

  @Override
  public void remove(Collection<String> names) {
    call(map -> {
      // The other way to remove would send the values back.
      new HashSet<>(names).stream().map(map::deleteAsync).toList().forEach(HazelcastStates::await);
      return true;
    });
  }

  private static void requireSize(byte[] value) {
    if (value.length > MOST_BYTES) {
      throw new StateException(
          Kind.TOO_LARGE,
          "a value of %d bytes is to be kept, at most %d are".formatted(value.length, MOST_BYTES));
    }
  }

  /** A call that fails because the grid does. */
  private static final class CallFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    CallFailed(Throwable cause) {
      super(cause);
    }
  }

  private <T> T call(Function<IMap<String, byte[]>, T> work) {
    Link present = link.get();
    if (present == null || !present.running()) {
      throw new StateException(Kind.UNAVAILABLE, "this process is in no grid now; try again");
    }
    try {
      return work.apply(present.states());
    } catch (CallFailed | HazelcastException | IllegalStateException e) {
      Throwable cause = e instanceof CallFailed ? e.getCause() : e;
      throw new StateException(Kind.UNAVAILABLE, "the grid did not answer: " + cause, e);
    }
  }

  private static <T> T await(CompletionStage<T> call) {
    try {
      return call.toCompletableFuture().get(CALL_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CallFailed(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new CallFailed(e);
    }
  }
}
