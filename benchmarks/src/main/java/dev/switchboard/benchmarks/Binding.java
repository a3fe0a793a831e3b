package dev.switchboard.benchmarks;

import picocli.CommandLine.Option;

/** Where the computing threads of a cluster run. */
final class Binding {
  @Option(
      names = "--bind",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Computing threads of a cluster keep to a processor each, handed out in turn (default"
              + " ${DEFAULT-VALUE}).")
  private boolean bound;

  boolean bound() {
    return bound;
  }
}
