package dev.switchboard.benchmarks.kernels;

import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import dev.switchboard.model.kernel.Scratch;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One row times many matrices, more than any cache holds: reading. */
@State(Scope.Benchmark)
public class Gemv {
  /** Bytes of all weights that one call reads, or a little more. */
  static final long BYTES = 192L << 20;

  @Param({"F32", "BF16", "F16", "Q8_0", "Q4_0"})
  private Format format = Format.F32;

  @Param({"1", "2"})
  private int threads;

  private final List<PackedMatrix> weights = new ArrayList<>();
  private final float[] x = Weights.noise(Weights.COLUMNS);
  private final float[] y = new float[Weights.ROWS];
  private Crew crew = Crew.ALONE;
  private Scratch scratch = new Scratch();

  /** Matrices of one call. */
  static int count(Format format) {
    long one = PackedMatrix.packedBytes(format, Weights.ROWS, Weights.COLUMNS);
    return (int) Math.ceilDiv(BYTES, one);
  }

  /** Packs the weights and lets the compiler see their kernels. */
  @Setup
  public void pack() {
    for (int i = 0; i < count(format); i++) {
      weights.add(Weights.pack(format));
    }
    crew = Crew.of("kernels", threads);
    scratch = new Scratch(crew);
    Kernels.warm();
  }

  /** Every matrix once. */
  @Benchmark
  public float[] sweep() {
    for (PackedMatrix w : weights) {
      Kernels.matmul(w, x, 0, 1, y, 0, scratch);
    }
    return y;
  }

  /** Ends the crew. */
  @TearDown
  public void end() {
    crew.close();
  }
}
