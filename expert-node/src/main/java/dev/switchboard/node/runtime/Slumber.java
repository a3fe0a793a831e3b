package dev.switchboard.node.runtime;

import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.kernel.PackedMatrix;
import java.util.List;

/**
 * Whether one expert is awake. One that sleeps has given the pages of its matrices back; asked, it
 * brings them in again. The bytes are a file's, and the same afterwards. The computing thread uses
 * and wakes it, another puts it to sleep: at worst pages go that come back at once.
 */
public final class Slumber {
  private final Weights weights;
  private volatile long usedNanos;
  private volatile boolean asleep;

  /** What is given back, and brought in again. */
  public interface Weights {
    /** Of what can be given back; 0: nothing can. */
    long bytes();

    void rest();

    void rouse();
  }

  /** Matrices that lie in files. */
  private record Mapped(List<PackedMatrix> matrices, long bytes) implements Weights {
    @Override
    public void rest() {
      matrices.forEach(PackedMatrix::rest);
    }

    @Override
    public void rouse() {
      matrices.forEach(PackedMatrix::rouse);
    }
  }

  private Slumber(Weights weights, long usedNanos) {
    this.weights = weights;
    this.usedNanos = usedNanos;
  }

  /**
   * Of an expert that is awake. One whose weights lie in memory alone never sleeps.
   *
   * @param nowNanos counts as its last use
   */
  public static Slumber of(Expert expert, long nowNanos) {
    List<PackedMatrix> matrices = expert.matrices().stream().filter(PackedMatrix::canRest).toList();
    long bytes = matrices.stream().mapToLong(PackedMatrix::packedBytes).sum();
    return over(new Mapped(matrices, bytes), nowNanos);
  }

  /** The same of whatever can be given back. */
  public static Slumber over(Weights weights, long nowNanos) {
    return new Slumber(weights, nowNanos);
  }

  /** Whether it has pages that can be given back. */
  public boolean canSleep() {
    return weights.bytes() > 0;
  }

  public boolean asleep() {
    return asleep;
  }

  /** Bytes that it has given back, or would give back. */
  public long bytes() {
    return weights.bytes();
  }

  /** When it was last asked, by the node's clock. */
  public long usedNanos() {
    return usedNanos;
  }

  /**
   * Somebody asks it. Computing thread.
   *
   * @return whether it slept; it is awake now
   */
  boolean use(long nowNanos) {
    // First, so that nobody puts it to sleep from now on.
    usedNanos = nowNanos;
    if (!asleep) {
      return false;
    }
    asleep = false;
    weights.rouse();
    return true;
  }

  /**
   * Gives its pages back.
   *
   * @param lookedNanos when the caller has looked; if it has been used since, nothing happens
   */
  public void sleep(long lookedNanos) {
    if (asleep || !canSleep()) {
      return;
    }
    asleep = true;
    if (usedNanos - lookedNanos >= 0) {
      asleep = false;
      return;
    }
    weights.rest();
  }
}
