package dev.switchboard.benchmarks;

import dev.switchboard.benchmarks.kernels.KernelRuns;
import dev.switchboard.benchmarks.kernels.KernelRuns.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench kernels}. */
@Command(
    name = "kernels",
    description = {
      "Kernels by themselves, under JMH, beside OpenBLAS and a plain read of memory:",
      "products [rows, 1024] x [1024, 3584], one row over 192 MiB of weights, the recurrences.",
      "Takes about three minutes; one part or one type less."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {"", "Example: ./switchboard bench kernels --only gemm --format BF16 --json"})
final class KernelsCommand implements Callable<Integer> {
  private static final int THREADS = 2;

  @Mixin private Output output = new Output();

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Parts to measure: gemm (products), gemv (one row), scan (default: all).")
  private List<String> parts = KernelRuns.PARTS;

  @Option(
      names = "--format",
      split = ",",
      paramLabel = "TYPE",
      description = "Types of weights: F32, BF16, F16, Q8_0, Q4_0 (default: all).")
  private List<String> formats = KernelRuns.FORMATS;

  @Override
  public Integer call() {
    known("--only", parts, KernelRuns.PARTS);
    known("--format", formats, KernelRuns.FORMATS);
    Machine machine = Machine.here();
    output.line(machine.text());
    ReadSpeed.Result read = ReadSpeed.measure(THREADS);
    output.line(
        "plain read: %.1f GB/s of one thread, %.1f of %d"
            .formatted(read.one().median() / 1e9, read.all().median() / 1e9, THREADS));
    List<Row> openBlas = parts.contains("gemm") ? KernelRuns.openBlas() : List.of();
    output.line("x: of OpenBLAS's F32 product of as many rows; of the plain read, as many threads");
    List<Map<String, Object>> table = new ArrayList<>();
    show(openBlas, read, openBlas, table);
    show(KernelRuns.java(parts, formats), read, openBlas, table);
    show(KernelRuns.nativeOnes(parts, formats), read, openBlas, table);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("machine", machine);
    all.put("read", List.of(read.one(), read.all()));
    all.put("kernels", table);
    output.json(all);
    return 0;
  }

  private static void known(String option, List<String> given, List<String> all) {
    for (String word : given) {
      if (!all.contains(word)) {
        throw new UsageException(
            "%s %s: expected some of %s".formatted(option, word, String.join(", ", all)));
      }
    }
  }

  private void show(
      List<Row> rows, ReadSpeed.Result read, List<Row> openBlas, List<Map<String, Object>> table) {
    for (Row row : rows) {
      double limit = limit(row, read, openBlas);
      output.line(row.text() + (limit > 0 ? "  x%.2f".formatted(row.value() / limit) : ""));
      table.add(json(row, limit));
    }
  }

  /** What a row is measured against; 0 if nothing. */
  private static double limit(Row row, ReadSpeed.Result read, List<Row> openBlas) {
    return switch (row.kernel()) {
      case "gemv" -> (row.threads() == 1 ? read.one() : read.all()).median() / 1e9;
      case "gemm" ->
          openBlas.stream()
              .filter(other -> other.rows() == row.rows())
              .mapToDouble(Row::value)
              .findFirst()
              .orElse(0);
      default -> 0;
    };
  }

  private static Map<String, Object> json(Row row, double limit) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("kernel", row.kernel());
    object.put("kernels", row.kernels());
    object.put("format", row.format());
    object.put("rows", row.rows());
    object.put("threads", row.threads());
    object.put("value", row.value());
    object.put("unit", row.unit());
    if (limit > 0) {
      object.put("ratio", row.value() / limit);
    }
    return object;
  }
}
