package dev.switchboard.benchmarks.kernels;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import dev.switchboard.model.kernel.Scratch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Some rows times one matrix, one thread, nothing new to read: arithmetic. */
@State(Scope.Benchmark)
public class Gemm {
  @Param({"F32", "BF16", "Q8_0"})
  private Format format = Format.F32;

  @Param({"4", "16", "64", "256"})
  private int rows;

  private PackedMatrix weights = Weights.pack(Format.F32);
  private float[] x = {};
  private float[] y = {};
  private Scratch scratch = new Scratch();

  /** Packs the weights and lets the compiler see their kernels. */
  @Setup
  public void pack() {
    weights = Weights.pack(format);
    Kernels.warm();
    x = Weights.noise(rows * Weights.COLUMNS);
    y = new float[rows * Weights.ROWS];
    scratch = new Scratch();
  }

  /** {@code [rows, 1024] x [1024, 3584]}. */
  @Benchmark
  public float[] multiply() {
    Kernels.matmul(weights, x, 0, rows, y, 0, scratch);
    return y;
  }
}
