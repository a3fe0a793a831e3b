package dev.switchboard.model.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.kernel.Processors;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
  /** Counts, and keeps its thread. */
  private static final class Counted implements Pace {
    final AtomicLong bytes = new AtomicLong();
    final AtomicLong pieces = new AtomicLong();

    @Override
    public void worked(long some) {
      bytes.addAndGet(some);
      pieces.incrementAndGet();
    }

    @Override
    public boolean alone() {
      return true;
    }
  }

  @Test
  void belongsToWhatItsThreadCalls() {
    Counted pace = new Counted();
    assertThat(Pace.current()).isSameAs(Pace.FREE);
    assertThat(pace.<Pace>during(Pace::current)).isSameAs(pace);
    assertThat(Pace.URGENT.<Boolean>during(() -> Pace.current().urgent())).isTrue();
    assertThat(Pace.current()).isSameAs(Pace.FREE);
  }

  @Test
  void whoIsToKeepToItselfUsesNoOtherThread() {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    Counted pace = new Counted();
    pace.<Boolean>during(() -> {
      Processors.forEach(64, i -> threads.add(Thread.currentThread()));
      return true;
    });
    assertThat(threads).containsExactly(Thread.currentThread());
  }
}
