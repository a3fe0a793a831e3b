package dev.switchboard.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.jspecify.annotations.Nullable;

/**
 * How fast memory can be read here: the limit of generation, which reads every active weight once
 * for each token. Several threads read their shares of a block that no cache holds.
 */
final class ReadSpeed {
  /** Far beyond the caches of any processor. */
  private static final long BYTES = 1L << 30;

  private static final long HUGE_PAGE = 2L << 20;

  /** MADV_HUGEPAGE of Linux. */
  private static final int HUGE_PAGES = 14;

  private static final int CHUNK = 1 << 20;
  private static final int ROUNDS = 9;
  private static final int WARM_ROUNDS = 3;

  private final MemorySegment block;
  private final int threads;
  private volatile long sink;

  private ReadSpeed(MemorySegment block, int threads) {
    this.block = block;
    this.threads = threads;
  }

  /** Bytes a second, of one thread and of several. */
  record Result(Spread one, Spread all) {}

  static Result measure(int threads) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment block = arena.allocate(BYTES, HUGE_PAGE);
      askForHugePages(block);
      block.fill((byte) 1);
      Spread one = new ReadSpeed(block, 1).rounds();
      return new Result(one, threads == 1 ? one : new ReadSpeed(block, threads).rounds());
    }
  }

  private Spread rounds() {
    List<Double> speeds = new ArrayList<>();
    CyclicBarrier barrier = new CyclicBarrier(threads);
    List<Thread> others = new ArrayList<>();
    for (int t = 1; t < threads; t++) {
      int share = t;
      others.add(Thread.ofPlatform().name("read-" + t).start(() -> read(share, barrier, null)));
    }
    read(0, barrier, speeds);
    try {
      for (Thread other : others) {
        other.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Spread.of(speeds.subList(WARM_ROUNDS, speeds.size()));
  }

  private void read(int share, CyclicBarrier barrier, @Nullable List<Double> speeds) {
    long part = BYTES / CHUNK / threads * CHUNK;
    try {
      for (int round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
        barrier.await();
        long begun = System.nanoTime();
        long sum = 0;
        for (long at = share * part; at < (share + 1) * part; at += CHUNK) {
          sum += sum(block.asSlice(at, CHUNK));
        }
        sink = sum;
        barrier.await();
        if (speeds != null) {
          speeds.add((double) part * threads / ((System.nanoTime() - begun) * 1e-9));
        }
      }
    } catch (BrokenBarrierException | InterruptedException e) {
      throw new BenchException("the read speed was not measured: " + e);
    }
  }

  /** Four sums at once: the reads, not the additions, are what takes the time. */
  private static long sum(MemorySegment chunk) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (int i = 0; i < CHUNK; i += 4 * Long.BYTES) {
      a += chunk.get(ValueLayout.JAVA_LONG, i);
      b += chunk.get(ValueLayout.JAVA_LONG, i + Long.BYTES);
      c += chunk.get(ValueLayout.JAVA_LONG, i + 2 * Long.BYTES);
      d += chunk.get(ValueLayout.JAVA_LONG, i + 3 * Long.BYTES);
    }
    return a + b + c + d;
  }

  /** Where they are not to be had, small ones are what weights lie in as well. */
  private static void askForHugePages(MemorySegment block) {
    Linker linker = Linker.nativeLinker();
    linker
        .defaultLookup()
        .find("madvise")
        .ifPresent(symbol -> {
          FunctionDescriptor madvise =
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT);
          try {
            int ignored =
                (int)
                    linker
                        .downcallHandle(symbol, madvise)
                        .invokeExact(block, block.byteSize(), HUGE_PAGES);
          } catch (Throwable e) {
            throw new BenchException("madvise cannot be called: " + e);
          }
        });
  }
}
