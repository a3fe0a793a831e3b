package dev.switchboard.model.kernel;

/** A native library may leave its thread with flush-to-zero on; such a thread must not compute. */
final class Subnormals {
  // Volatile: or the compiler would compute the product itself, in its own thread.
  private static volatile float smallestNormal = Float.MIN_NORMAL;

  private Subnormals() {}

  static void check() {
    float half = smallestNormal * 0.5f;
    if (half == 0f || half + half != smallestNormal) {
      throw new IllegalStateException(
          "thread "
              + Thread.currentThread().getName()
              + " flushes subnormal numbers to zero (a native library switched that on);"
              + " expected IEEE arithmetic");
    }
  }
}
