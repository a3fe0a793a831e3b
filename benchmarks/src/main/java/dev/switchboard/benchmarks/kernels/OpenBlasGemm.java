package dev.switchboard.benchmarks.kernels;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

import org.bytedeco.javacpp.FloatPointer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The product of {@link Gemm} by OpenBLAS, F32, one thread. */
@State(Scope.Benchmark)
public class OpenBlasGemm {
  @Param({"4", "16", "64", "256"})
  private int rows;

  private FloatPointer weights = new FloatPointer();
  private FloatPointer x = new FloatPointer();
  private FloatPointer y = new FloatPointer();

  /** Copies weights and inputs to where OpenBLAS reads them. */
  @Setup
  public void copy() {
    blas_set_num_threads(1);
    weights = new FloatPointer(Weights.noise(Weights.ROWS * Weights.COLUMNS));
    x = new FloatPointer(Weights.noise(rows * Weights.COLUMNS));
    y = new FloatPointer(new float[rows * Weights.ROWS]);
  }

  /** {@code [rows, 1024] x [1024, 3584]}. */
  @Benchmark
  public FloatPointer multiply() {
    int n = Weights.ROWS;
    int k = Weights.COLUMNS;
    cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, rows, n, k, 1f, x, k, weights, k, 0f, y, n);
    return y;
  }
}
