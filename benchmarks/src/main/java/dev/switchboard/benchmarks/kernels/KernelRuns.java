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

  /** What can be measured by itself. */
  public static final List<String> PARTS = List.of("gemm", "gemv", "scan");

  /** Types of weights of the products. */
  public static final List<String> FORMATS = List.of("F32", "BF16", "F16", "Q8_0", "Q4_0");

  private static final List<String> OF_GEMM = List.of("F32", "BF16", "Q8_0", "Q4_0");
  private static final List<String> QUANTISED = List.of("Q8_0", "Q4_0");

  /**
   * Products of 4 to 256 rows, and of one row over more weights than caches hold; scans.
   *
   * @param parts of {@link #PARTS}
   * @param formats of {@link #FORMATS}
   */
  public static List<Row> java(List<String> parts, List<String> formats) {
    List<Row> rows = new ArrayList<>(products("java", parts, formats));
    if (parts.contains("scan")) {
      rows.addAll(run("java", options(Scan.class)));
    }
    return rows;
  }

  /** Only what native kernels are for: weights of quantised types. */
  public static List<Row> nativeOnes(List<String> parts, List<String> formats) {
    return products("native", parts, common(formats, QUANTISED));
  }

  private static List<Row> products(String kernels, List<String> parts, List<String> formats) {
    List<Row> rows = new ArrayList<>();
    if (parts.contains("gemm")) {
      rows.addAll(products(kernels, Gemm.class, common(formats, OF_GEMM)));
    }
    if (parts.contains("gemv")) {
      rows.addAll(products(kernels, Gemv.class, formats));
    }
    return rows;
  }

  private static List<Row> products(String kernels, Class<?> benchmark, List<String> formats) {
    return formats.isEmpty()
        ? List.of()
        : run(
            kernels,
            options(benchmark)
                .param("format", formats.toArray(String[]::new))
                .jvmArgsAppend("-Dswitchboard.kernels=" + kernels));
  }

  private static List<String> common(List<String> some, List<String> others) {
    return some.stream().filter(others::contains).toList();
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
