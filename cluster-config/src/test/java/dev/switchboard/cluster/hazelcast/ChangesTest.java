package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.ServedVersion;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChangesTest {
  private static final String NODES = Keys.nodes(ServedVersion.UNSAID);

  private final Changes<NodeBook> changes =
      new Changes<>(() -> NODES, NodeBook.EMPTY, NodeBook::epoch);
  private final Mirror mirror = new Mirror();
  private final Shared shared = new Shared();

  @Test
  void aValueOfAnotherVersionIsReplaced() {
    byte[] other = GridCodec.encode(900, NodeBook.EMPTY.wishing());
    other[0] = 99;
    other[10] = 99;
    shared.values.put(NODES, other);
    CompletableFuture<NodeBook> made = wish();
    changes.make(shared, mirror);
    changes.tell();
    assertThat(made).isCompletedWithValue(NodeBook.EMPTY.wishing());
    assertThat(mirror.get(NODES, NodeBook.class)).contains(NodeBook.EMPTY.wishing());
    assertThat(GridCodec.decode(shared.values.get(NODES)).body())
        .isEqualTo(NodeBook.EMPTY.wishing());
  }

  @Test
  void aRoundEndsThoughNothingCanBeMade() {
    shared.refuses = true;
    CompletableFuture<NodeBook> made = wish();
    changes.make(shared, mirror);
    changes.tell();
    assertThat(made).isNotDone();
    shared.refuses = false;
    changes.make(shared, mirror);
    changes.tell();
    assertThat(made).isCompleted();
  }

  @Test
  void whatWasMadeIsToldThoughTheNextFails() {
    CompletableFuture<NodeBook> first = wish();
    CompletableFuture<NodeBook> second = wish();
    shared.failsAfter = 1;
    assertThatThrownBy(() -> changes.make(shared, mirror)).hasMessage("lost");
    changes.tell();
    assertThat(first).isCompleted();
    assertThat(second).isNotDone();
    shared.failsAfter = Integer.MAX_VALUE;
    changes.make(shared, mirror);
    changes.tell();
    assertThat(second).isCompleted();
    assertThat(mirror.get(NODES, NodeBook.class).orElseThrow().wishes()).isEqualTo(2);
  }

  @Test
  void whatNobodyWaitsForAnyMoreIsNotMade() {
    wish().cancel(false);
    CompletableFuture<NodeBook> late = wish();
    changes.expire(Duration.ofSeconds(30).toNanos());
    assertThat(late).isNotDone();
    changes.expire(Duration.ofSeconds(31).toNanos());
    assertThat(late).isCompletedExceptionally();
    changes.make(shared, mirror);
    assertThat(shared.values).isEmpty();
  }

  @Test
  void wishesHaveABound() {
    for (int i = 0; i < 1024; i++) {
      assertThat(wish()).isNotDone();
    }
    assertThat(wish()).isCompletedExceptionally();
  }

  private CompletableFuture<NodeBook> wish() {
    return changes.wish(NodeBook::wishing, 0).toCompletableFuture();
  }

  /** A map without a network. */
  private static final class Shared implements Swaps {
    private final Map<String, byte[]> values = new HashMap<>();
    private boolean refuses;
    private int failsAfter = Integer.MAX_VALUE;

    @Override
    public boolean swap(String key, byte @Nullable [] expected, byte[] next) {
      if (failsAfter-- <= 0) {
        throw new IllegalStateException("lost");
      }
      if (refuses || !Arrays.equals(values.get(key), expected)) {
        return false;
      }
      values.put(key, next);
      return true;
    }

    @Override
    public Optional<byte[]> read(String key) {
      return Optional.ofNullable(values.get(key));
    }
  }
}
