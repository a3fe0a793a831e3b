package dev.switchboard.model.kernel;

import java.util.List;

/** What this process was told to compute otherwise than by default; read once. */
final class ArithmeticOptions {
  /** {@code codes} (default) or {@code float}: what meets weights of block types. */
  static final String ACTIVATIONS = "switchboard.activations";

  /** Whether products with weights of block types take F32 activations. */
  static final boolean FLOAT_ACTIVATIONS = isFloat(System.getProperty(ACTIVATIONS, "codes"));

  private ArithmeticOptions() {}

  static boolean isFloat(String value) {
    return switch (value) {
      case "codes" -> false;
      case "float" -> true;
      default ->
          throw new IllegalArgumentException(
              ACTIVATIONS + " is " + value + "; expected codes or float");
    };
  }

  /** As peers compare them: name=value, nothing for defaults. */
  static List<String> list() {
    return FLOAT_ACTIVATIONS ? List.of("activations=float") : List.of();
  }
}
