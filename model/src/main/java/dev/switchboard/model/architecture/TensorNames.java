package dev.switchboard.model.architecture;

/** Names that depend on an expert's index. */
final class TensorNames {
  static final String EXPERT = "{e}";

  private TensorNames() {}

  static String of(String pattern, int expert) {
    return pattern.contains(EXPERT) ? pattern.replace(EXPERT, Integer.toString(expert)) : pattern;
  }
}
