package dev.switchboard.model.kernel;

import java.util.List;

/**
 * What computes in this process.
 *
 * @param kind {@code native}, {@code java} (the Vector API alone) or {@code scalar}
 * @param nativeForm instructions of the native kernels; empty without them
 * @param vectorBits width of the Java kernels' vectors; 0 where they are scalar
 * @param features what the processor has of the instructions that kernels are made for
 */
public record KernelFacts(String kind, String nativeForm, int vectorBits, List<String> features) {
  public KernelFacts {
    features = List.copyOf(features);
  }

  /**
   * Names and values in turn, as metrics are labelled with.
   *
   * @param arithmetic the version of the arithmetic that they all follow
   */
  public String[] labels(int arithmetic) {
    return new String[] {
      "kind", kind,
      "native_form", nativeForm,
      "vector_bits", Integer.toString(vectorBits),
      "processor", String.join(",", features),
      "arithmetic", Integer.toString(arithmetic)
    };
  }
}
