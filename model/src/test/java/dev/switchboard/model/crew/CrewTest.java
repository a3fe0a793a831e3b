package dev.switchboard.model.crew;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(30)
class CrewTest {
  @Test
  void doesEachPieceOnceInEachOfManyRuns() {
    try (Crew crew = Crew.of("test", 3)) {
      AtomicIntegerArray done = new AtomicIntegerArray(64);
      for (int run = 1; run <= 3000; run++) {
        int pieces = run % 65;
        crew.run((piece, worker) -> done.incrementAndGet(piece), pieces);
        for (int i = 0; i < pieces; i++) {
          assertThat(done.getAndSet(i, 0)).as("run %d, piece %d of %d", run, i, pieces).isOne();
        }
      }
    }
  }

  @Test
  void workersTakePiecesWhileTheLeaderIsHeldUp() {
    try (Crew crew = Crew.of("test", 2)) {
      CountDownLatch others = new CountDownLatch(7);
      int[] byWorker = new int[2];
      crew.run(
          (piece, worker) -> {
            synchronized (byWorker) {
              byWorker[worker]++;
            }
            if (worker == 1) {
              others.countDown();
            } else {
              await(others);
            }
          },
          8);
      assertThat(byWorker).containsExactly(1, 7);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatAPieceThrowsComesOutAndTheCrewGoesOn() {
    try (Crew crew = Crew.of("test", 2)) {
      Work broken =
          (piece, worker) -> {
            if (piece == 3) {
              throw new UnsupportedOperationException("piece 3");
            }
          };
      for (int i = 0; i < 100; i++) {
        assertThat(catchThrowable(() -> crew.run(broken, 6)))
            .isInstanceOf(UnsupportedOperationException.class)
            .hasMessage("piece 3");
      }
      crew.run((piece, worker) -> {}, 6);
    }
  }

  @Test
  void refusesAWorkWithinAWork() {
    try (Crew crew = Crew.of("test", 2)) {
      assertThatIllegalStateException()
          .isThrownBy(() -> crew.run((p, w) -> crew.run((q, v) -> {}, 2), 2))
          .withMessageContaining("at work");
      crew.run((piece, worker) -> {}, 2);
    }
  }

  @Test
  void refusesImpossibleSizes() {
    assertThatIllegalArgumentException().isThrownBy(() -> Crew.of("test", 0));
    try (Crew crew = Crew.of("test", 2)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> crew.run((p, w) -> {}, Crew.MAX_PIECES + 1));
    }
  }

  @Test
  void aloneTheCallerDoesAll() {
    int[] workers = new int[5];
    Crew.ALONE.run((piece, worker) -> workers[piece] = worker + 1, 5);
    assertThat(workers).containsOnly(1);
  }

  @Test
  void allocatesNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Crew crew = Crew.of("test", 2)) {
      AtomicIntegerArray done = new AtomicIntegerArray(8);
      Work work = (piece, worker) -> done.incrementAndGet(piece);
      for (int i = 0; i < 1000; i++) {
        crew.run(work, 8);
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1000; i++) {
        crew.run(work, 8);
      }
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1000);
    }
  }

  @Test
  void aClosedCrewTakesNoWork() {
    Crew crew = Crew.of("test", 2);
    crew.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> crew.run((p, w) -> {}, 2))
        .withMessageContaining("closed");
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "reads /proc")
  void threadsKeepToTheirProcessors() throws Exception {
    int first = allowed().getFirst();
    List<Integer> seen = new CopyOnWriteArrayList<>();
    Thread leader =
        Thread.ofPlatform()
            .start(() -> {
              try (Crew crew = Crew.of("test", 2, List.of(first))) {
                crew.lead();
                for (int run = 0; run < 20; run++) {
                  crew.run((piece, worker) -> seen.addAll(allowed()), 8);
                }
              }
            });
    leader.join();
    assertThat(seen).hasSize(160).containsOnly(first);
    assertThat(Affinity.bind(-1)).isFalse();
    assertThat(Affinity.bind(1 << 20)).isFalse();
  }

  /** Processors that the calling thread may use. */
  private static List<Integer> allowed() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/thread-self/status"))) {
      String list = lines.filter(l -> l.startsWith("Cpus_allowed_list:")).findFirst().orElseThrow();
      List<Integer> all = new ArrayList<>();
      for (String range : list.substring(list.indexOf(':') + 1).strip().split(",")) {
        String[] ends = range.split("-");
        for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
          all.add(i);
        }
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
