package dev.switchboard.benchmarks.kernels;

import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the benchmarks of this package, each in a JVM of its own, and gives them their units. */
public final class KernelRuns {
  private static final double NANOS = 1e9;

  private KernelRuns() {}

  /**
   * A measured kernel.
   *
   * @param kernel {@code gemm}, {@code gemv}, {@code scan} (Mamba) or {@code scan2} (Mamba-2)
   * @param kernels {@code java}, {@code native}, {@code auto}, {@code scalar}, or {@code openblas}
   * @param format type of the weights; empty for scans
   * @param rows rows of the product
   * @param threads threads that share it
   * @param value median
   * @param unit GFLOP/s, GB/s or M updates/s
   */
  // size: one row of a table
  public record Row(
      String kernel,
      String kernels,
      String format,
      int rows,
      int threads,
      double value,
      String unit) {
    /** For people. */
    public String text() {
      String what = format.isEmpty() ? kernel : kernel + " " + format;
      return "%-14s %-9s rows %3d  threads %d  %8.1f %s"
          .formatted(what, kernels, rows, threads, value, unit);
    }
  }

  /** Products of 4 to 256 rows, and of one row over more weights than caches hold; scans. */
  public static List<Row> ours(String kernels, boolean scans) {
    ChainedOptionsBuilder options =
        options(Gemm.class, Gemv.class).jvmArgsAppend("-Dswitchboard.kernels=" + kernels);
    if (scans) {
      options.include(only(Scan.class));
    }
    return run(kernels, options);
  }

  /** Only what native kernels are for: weights of quantised types. */
  public static List<Row> quantised(String kernels) {
    ChainedOptionsBuilder options =
        options(Gemm.class, Gemv.class)
            .param("format", "Q8_0", "Q4_0")
            .jvmArgsAppend("-Dswitchboard.kernels=" + kernels);
    return run(kernels, options);
  }

  /** OpenBLAS's F32 product. */
  public static List<Row> openBlas() {
    return run("openblas", options(OpenBlasGemm.class));
  }

  private static ChainedOptionsBuilder options(Class<?>... benchmarks) {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .mode(Mode.AverageTime)
            .forks(1)
            .warmupIterations(2)
            .warmupTime(TimeValue.milliseconds(700))
            .measurementIterations(5)
            .measurementTime(TimeValue.milliseconds(200))
            .verbosity(VerboseMode.SILENT);
    for (Class<?> benchmark : benchmarks) {
      options.include(only(benchmark));
    }
    return options;
  }

  private static String only(Class<?> benchmark) {
    return "^" + Pattern.quote(benchmark.getName() + ".");
  }

  private static List<Row> run(String kernels, ChainedOptionsBuilder options) {
    try {
      Collection<RunResult> results = new Runner(options.build()).run();
      List<Row> rows = new ArrayList<>();
      for (RunResult result : results) {
        rows.add(row(kernels, result));
      }
      return rows;
    } catch (RunnerException e) {
      throw new IllegalStateException("the kernels were not measured: " + e.getMessage(), e);
    }
  }

  private static Row row(String kernels, RunResult result) {
    BenchmarkParams params = result.getParams();
    String name = params.getBenchmark();
    double seconds =
        result.getPrimaryResult().getStatistics().getPercentile(50)
            / NANOS
            * params.getTimeUnit().toNanos(1);
    String format = Optional.ofNullable(params.getParam("format")).orElse("");
    int rows = number(params, "rows");
    int threads = number(params, "threads");
    if (name.contains(".Gemv.")) {
      Format type = Format.valueOf(format);
      long one = PackedMatrix.packedBytes(type, Weights.ROWS, Weights.COLUMNS);
      double speed = one * (double) Gemv.count(type) / seconds / NANOS;
      return new Row("gemv", kernels, format, 1, threads, speed, "GB/s");
    }
    if (name.contains(".Scan.")) {
      boolean mamba = name.endsWith("selective");
      long states = mamba ? Scan.MAMBA.stateFloats() : Scan.MAMBA2.stateFloats();
      double updates = states * (double) Scan.TOKENS / seconds / 1e6;
      return new Row(mamba ? "scan" : "scan2", kernels, "", 1, 1, updates, "M updates/s");
    }
    double flops = 2.0 * rows * Weights.ROWS * Weights.COLUMNS / seconds / NANOS;
    String type = format.isEmpty() ? "F32" : format;
    return new Row("gemm", kernels, type, rows, 1, flops, "GFLOP/s");
  }

  private static int number(BenchmarkParams params, String name) {
    return Optional.ofNullable(params.getParam(name)).map(Integer::parseInt).orElse(1);
  }
}
