package dev.switchboard.model.tokenizer;

/** Halves of characters outside of the first plane, without their other half, are no text. */
final class WholeCharacters {
  private WholeCharacters() {}

  /** The text with U+FFFD for each lone half. */
  static String of(String text) {
    if (text.codePoints().noneMatch(WholeCharacters::isHalf)) {
      return text;
    }
    StringBuilder whole = new StringBuilder(text.length());
    text.codePoints().forEach(c -> whole.appendCodePoint(isHalf(c) ? 0xFFFD : c));
    return whole.toString();
  }

  private static boolean isHalf(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
