package dev.switchboard.model;

import dev.switchboard.model.kernel.Kernels;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Identifies how results come about. */
public final class Arithmetic {
  /**
   * Changes whenever the bits of any result do: order of sums, functions, packing of weights. Peers
   * of another version do not work together. Only tests of upgrades set the property.
   */
  public static final int VERSION = Integer.getInteger("switchboard.arithmeticVersion", 2);

  private static final String BF16 = "switchboard.bf16";

  private Arithmetic() {}

  /** Version and options of this process, in one line that is equal where the bits are. */
  public static String described() {
    return Stream.concat(Stream.of("" + VERSION), Kernels.arithmeticOptions().stream().sorted())
        .collect(Collectors.joining(" "));
  }

  /**
   * Decides for this process what meets weights of block types; to be called before any model is
   * opened, and before {@link #chooseKernels}.
   *
   * @param activations {@code codes} or {@code float}
   */
  public static void chooseActivations(String activations) {
    if (activations.equals("float")) {
      System.setProperty("switchboard.activations", activations);
    }
  }

  /**
   * Decides for this process how weights of BF16 meet activations; to be called before any model is
   * opened, and before {@link #chooseKernels}, which says if it cannot be.
   *
   * @param bf16 {@code exact}, or {@code dot}, which rounds activations and needs a processor with
   *     AVX512-BF16
   */
  public static void chooseBf16(String bf16) {
    if (bf16.equals("dot")) {
      System.setProperty(BF16, bf16);
    }
  }

  /**
   * Decides for this process how keys and values of attention are kept; to be called before any
   * model is opened.
   *
   * @param type {@code f32}, or {@code f16}, which rounds them
   */
  public static void chooseKeysAndValues(String type) {
    if (type.equals("f16")) {
      System.setProperty("switchboard.kv", type);
    }
  }

  /**
   * Decides for this process what computes; to be called before any model is opened. All choices
   * give the same bits.
   *
   * @param kernels {@code auto}, {@code java}, {@code native} or {@code scalar}
   * @throws IllegalArgumentException if there are none such here
   */
  public static void chooseKernels(String kernels) {
    if (!kernels.equals("auto")) {
      System.setProperty("switchboard.kernels", kernels);
    } else if (System.getProperty(BF16) == null) {
      return;
    }
    try {
      Kernels.describe();
    } catch (ExceptionInInitializerError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IllegalArgumentException(cause.getMessage(), e);
    }
  }
}
