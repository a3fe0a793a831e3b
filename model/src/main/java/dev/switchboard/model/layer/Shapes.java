package dev.switchboard.model.layer;

/** Checks of a layer's constructor. */
final class Shapes {
  private Shapes() {}

  static float[] check(String name, float[] values, int expected) {
    if (values.length != expected) {
      throw new IllegalArgumentException(
          name + " has " + values.length + " values; expected " + expected);
    }
    return values;
  }
}
