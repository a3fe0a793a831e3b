package dev.switchboard.model.reference;

import java.util.List;
import java.util.OptionalDouble;

/** The largest difference of one kind of values, and where one was first out of bounds. */
final class Difference {
  /** Against the largest value of the reference: floats of that size are no finer. */
  private static final double RELATIVE = 1e-5;

  private final String kind;
  private final double bound;
  private final boolean relative;
  private final List<String> notes;
  private double largest = -1;
  private boolean within = true;

  /**
   * @param relative whether 1e-5 of the reference's largest value is enough where that is more
   * @param notes where the first excess is written down
   */
  Difference(String kind, double bound, boolean relative, List<String> notes) {
    this.kind = kind;
    this.bound = bound;
    this.relative = relative;
    this.notes = notes;
  }

  /** Compares values that have the same order. */
  void compare(String what, float[] expected, float[] found) {
    if (expected.length != found.length) {
      exceed("%s: %s values of %s, expected %s", kind, found.length, what, expected.length);
      return;
    }
    double allowed = bound;
    for (float value : expected) {
      allowed = relative ? Math.max(allowed, RELATIVE * Math.abs(value)) : allowed;
    }
    for (int i = 0; i < expected.length; i++) {
      add(what, i, Math.abs((double) expected[i] - found[i]), allowed);
    }
  }

  /** A single difference. */
  void add(String what, int index, double difference, double allowed) {
    // A NaN is no difference that could be compared.
    if (!(difference <= allowed)) {
      exceed("%s: %s of %s is off by %.3g, at most %.3g", kind, index, what, difference, allowed);
    }
    largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
  }

  void add(String what, double difference) {
    add(what, 0, difference, bound);
  }

  private void exceed(String format, Object... values) {
    if (within) {
      notes.add(format.formatted(values));
    }
    within = false;
  }

  String kind() {
    return kind;
  }

  boolean within() {
    return within;
  }

  /** Empty if nothing was compared. */
  OptionalDouble largest() {
    return largest < 0 ? OptionalDouble.empty() : OptionalDouble.of(largest);
  }
}
