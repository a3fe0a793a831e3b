package dev.switchboard.benchmarks;

import dev.switchboard.benchmarks.BookReading.Look;
import dev.switchboard.client.process.PrivateCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Looks at the processes at even distances along the text. */
final class BookCurve implements BookAnswer.Watch {
  private static final int LOOKS = 16;

  private final String name;
  private final List<Look> looks = new ArrayList<>();
  private final Consumer<String> progress;
  private final PrivateCluster cluster;
  private final long begun = System.nanoTime();
  private long next;
  private int reader;
  private long last;
  private long all;

  /**
   * @param progress is told of each look
   */
  BookCurve(String name, PrivateCluster cluster, Consumer<String> progress) {
    this.progress = progress;
    this.name = name;
    this.cluster = cluster;
  }

  @Override
  public void read(long tokens, long of) {
    last = tokens;
    all = of;
    if (tokens < next && tokens < of) {
      return;
    }
    next = (tokens * LOOKS / of + 1) * of / LOOKS;
    long nodes = cluster.nodePids().stream().mapToLong(Memory::of).sum();
    Look look =
        new Look(
            tokens,
            System.nanoTime() - begun,
            Memory.of(cluster.routerPid(reader)),
            Memory.of(cluster.routerPid(1 - reader)),
            nodes);
    looks.add(look);
    progress.accept(
        String.format(
            Locale.ROOT,
            "%s: %,d of %,d tokens, %.0f s, router %,d MB",
            name,
            tokens,
            of,
            look.nanos() * 1e-9,
            look.readerBytes() / 1_000_000));
  }

  /** From now on the i-th router reads. */
  void reader(int i) {
    reader = i;
  }

  String name() {
    return name;
  }

  List<Look> looks() {
    return looks;
  }

  /** When it began, as the JVM's clock says. */
  long begun() {
    return begun;
  }

  /** Tokens that were said to be read. */
  long tokens() {
    return last;
  }

  /** Tokens of the whole prompt. */
  long all() {
    return all;
  }
}
