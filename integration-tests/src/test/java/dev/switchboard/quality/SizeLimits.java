package dev.switchboard.quality;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/** The limits of size, as a pure function from measurements to complaints. */
final class SizeLimits {
  static final int FILE_LINES_P95 = 350;
  static final int METHOD_LINES_P95 = 30;
  static final int METHOD_LINES_MOST = 70;
  static final int PARAMETERS_MOST = 5;

  private SizeLimits() {}

  static List<String> complaints(Sizes.Measured measured) {
    List<String> complaints = new ArrayList<>();
    int fileP95 = p95(measured.files(), Sizes.FileSize::lines);
    if (fileP95 > FILE_LINES_P95) {
      complaints.add(
          "95th percentile of file lines is %d, at most %d: %s"
              .formatted(
                  fileP95, FILE_LINES_P95, longest(measured.files(), Sizes.FileSize::lines)));
    }
    List<Sizes.MethodSize> methods = measured.methods().stream().filter(m -> !m.excused()).toList();
    int methodP95 = p95(methods, Sizes.MethodSize::lines);
    if (methodP95 > METHOD_LINES_P95) {
      complaints.add(
          "95th percentile of method lines is %d, at most %d: %s"
              .formatted(methodP95, METHOD_LINES_P95, longest(methods, Sizes.MethodSize::lines)));
    }
    for (Sizes.MethodSize method : methods) {
      if (method.lines() > METHOD_LINES_MOST) {
        complaints.add(
            "%s has %d lines, at most %d"
                .formatted(method.name(), method.lines(), METHOD_LINES_MOST));
      }
      if (method.parameters() > PARAMETERS_MOST) {
        complaints.add(
            "%s has %d parameters, at most %d"
                .formatted(method.name(), method.parameters(), PARAMETERS_MOST));
      }
    }
    return complaints;
  }

  private static <T> int p95(List<T> items, ToIntFunction<T> size) {
    int[] sorted = items.stream().mapToInt(size).sorted().toArray();
    return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(sorted.length * 0.95) - 1];
  }

  private static <T> List<T> longest(List<T> items, ToIntFunction<T> size) {
    return items.stream().sorted(Comparator.comparingInt(size).reversed()).limit(8).toList();
  }
}
