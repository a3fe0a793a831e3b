package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.NativeLibrary.Unavailable;
import java.util.Arrays;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides once, at start, what computes. All choices give the same bits. */
final class KernelChoice {
  static final String MODULE = "jdk.incubator.vector";

  /** One of {@link Wanted}, in lower case. */
  static final String PROPERTY = "switchboard.kernels";

  private static final Logger LOG = LoggerFactory.getLogger(KernelChoice.class);

  /** What may be asked for. */
  enum Wanted {
    /** Native kernels where they can be had, Java's otherwise. */
    AUTO,
    /** No native code. */
    JAVA,
    /** Native kernels, or none. */
    NATIVE,
    /** The plain kernels; for tests and for hunting bugs. */
    SCALAR;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Wanted of(String text) {
      for (Wanted wanted : values()) {
        if (wanted.text().equals(text)) {
          return wanted;
        }
      }
      throw new IllegalArgumentException(
          PROPERTY
              + " is "
              + text
              + "; expected one of "
              + Arrays.toString(values()).toLowerCase(Locale.ROOT));
    }
  }

  private KernelChoice() {}

  /** Decided when first asked, and said then, once. */
  private static final class Decision {
    static final Wanted WANTED = Wanted.of(System.getProperty(PROPERTY, "auto"));
    static final boolean VECTORS = vectorsFor(WANTED);
  }

  /** Whether the Vector API twins compute; otherwise the scalar ones do. */
  static boolean vectors() {
    return Decision.VECTORS;
  }

  /** Width of the vectors; only where there are any. */
  static int vectorBits() {
    return Vector.bits();
  }

  static KernelSet choose() {
    KernelSet java = vectors() ? Vector.kernels() : new ScalarKernels();
    Wanted wanted = Decision.WANTED;
    boolean mayBeNative = wanted == Wanted.AUTO || wanted == Wanted.NATIVE;
    if (!mayBeNative && !ArithmeticOptions.BF16_DOT) {
      return java;
    }
    try {
      if (!mayBeNative) {
        throw new Unavailable(PROPERTY + " is " + wanted.text(), null);
      }
      return withNative(java);
    } catch (Unavailable e) {
      if (ArithmeticOptions.BF16_DOT) {
        throw new IllegalStateException(
            ArithmeticOptions.BF16 + " is dot, which native kernels do: " + e.getMessage(), e);
      }
      if (wanted == Wanted.NATIVE) {
        throw new IllegalStateException(
            PROPERTY + " is native, but there are no native kernels: " + e.getMessage(), e);
      }
      LOG.warn("Native kernels are off, quantised weights are slower: {}", e.getMessage());
      return java;
    }
  }

  private static KernelSet withNative(KernelSet rest) throws Unavailable {
    NativeLibrary library = NativeLibrary.load();
    boolean bf16Dot = ArithmeticOptions.BF16_DOT;
    if (bf16Dot && !library.hasBf16Dot()) {
      throw new Unavailable("this processor has no BF16 dot products (AVX512-BF16)", null);
    }
    NativeForm form = NativeForm.choose(library.usableForms());
    NativeCodes codes = new NativeCodes(form);
    NativeFloats floats = new NativeFloats(form, bf16Dot);
    NativeCheck.run(codes, new NativeFloats(form, false));
    return new NativeKernels(codes, floats, rest);
  }

  private static boolean vectorsFor(Wanted wanted) {
    if (wanted == Wanted.SCALAR) {
      return false;
    }
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      LOG.warn(
          "The vector kernels are off, everything is many times slower: this JVM was started"
              + " without --add-modules {}",
          MODULE);
      return false;
    }
    return Vector.fits();
  }

  /** Loaded only where the module is: names the classes that need it. */
  private static final class Vector {
    static KernelSet kernels() {
      return new VectorKernels();
    }

    static int bits() {
      return VectorShape.bits();
    }

    static boolean fits() {
      if (!VectorShape.supported()) {
        LOG.warn(
            "The vector kernels are off: this processor's vectors have {} floats; expected 4 or"
                + " more",
            VectorShape.LANES);
      }
      return VectorShape.supported();
    }
  }
}
