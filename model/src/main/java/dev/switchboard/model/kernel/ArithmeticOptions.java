package dev.switchboard.model.kernel;

import java.util.ArrayList;
import java.util.List;

/** What this process was told to compute otherwise than by default; read once. */
final class ArithmeticOptions {
  /** {@code codes} (default) or {@code float}: what meets weights of block types. */
  static final String ACTIVATIONS = "switchboard.activations";

  /** Whether products with weights of block types take F32 activations. */
  static final boolean FLOAT_ACTIVATIONS = isFloat(System.getProperty(ACTIVATIONS, "codes"));

  /** {@code f32} (default) or {@code f16}: how keys and values of attention are kept. */
  static final String KV = "switchboard.kv";

  /**
   * How keys and values are kept. No matter between peers, as no expert sees them: not in {@link
   * #list}.
   */
  static final KvType KEYS_AND_VALUES = kvType(System.getProperty(KV, "f32"));

  /** {@code exact} (default) or {@code dot}: how weights of BF16 meet activations. */
  static final String BF16 = "switchboard.bf16";

  /** Whether activations are rounded to BF16 for the processor's instruction, see NativeBf16. */
  static final boolean BF16_DOT = isDot(System.getProperty(BF16, "exact"));

  private ArithmeticOptions() {}

  static boolean isDot(String value) {
    return switch (value) {
      case "exact" -> false;
      case "dot" -> true;
      default ->
          throw new IllegalArgumentException(BF16 + " is " + value + "; expected exact or dot");
    };
  }

  static KvType kvType(String value) {
    return switch (value) {
      case "f32" -> KvType.F32;
      case "f16" -> KvType.F16;
      default -> throw new IllegalArgumentException(KV + " is " + value + "; expected f32 or f16");
    };
  }

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
    List<String> options = new ArrayList<>();
    if (FLOAT_ACTIVATIONS) {
      options.add("activations=float");
    }
    if (BF16_DOT) {
      options.add("bf16=dot");
    }
    return List.copyOf(options);
  }
}
