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

  static KernelSet choose() {
    if ("scalar".equals(System.getProperty(PROPERTY))) {
      return new ScalarKernels();
    }
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      LOG.warn(
          "The vector kernels are off, everything is many times slower: this JVM was started"
              + " without --add-modules {}",
          MODULE);
      return new ScalarKernels();
    }
    return Vector.choose();
  }

  /** Loaded only where the module is: names the classes that need it. */
  private static final class Vector {
    static KernelSet choose() {
      if (VectorShape.supported()) {
        return new VectorKernels();
      }
      LOG.warn(
          "The vector kernels are off: this processor's vectors have {} floats; expected 4 or more",
          VectorShape.LANES);
      return new ScalarKernels();
    }
  }
}
