package dev.switchboard.model.kernel;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides once, at start, what computes. */
final class KernelChoice {
  static final String MODULE = "jdk.incubator.vector";

  /** {@code scalar} forces the plain kernels; for tests and for hunting bugs. */
  static final String PROPERTY = "switchboard.kernels";

  private static final Logger LOG = LoggerFactory.getLogger(KernelChoice.class);

  private KernelChoice() {}

  /** Decided when first asked, and said then, once. */
  private static final class Decision {
    static final boolean VECTORS = decide();
  }

  /** Whether the Vector API twins compute; otherwise the scalar ones do. */
  static boolean vectors() {
    return Decision.VECTORS;
  }

  static KernelSet choose() {
    return vectors() ? Vector.kernels() : new ScalarKernels();
  }

  private static boolean decide() {
    if ("scalar".equals(System.getProperty(PROPERTY))) {
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
