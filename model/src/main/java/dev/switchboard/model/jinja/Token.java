package dev.switchboard.model.jinja;

/**
 * A part of a template.
 *
 * @param text of text and names: themselves; of strings: their value; of numbers: their digits
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    TEXT,
    BLOCK_BEGIN,
    BLOCK_END,
    VARIABLE_BEGIN,
    VARIABLE_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  @Override
  public String toString() {
    return switch (kind) {
      case END -> "the end of the template";
      case BLOCK_END -> "\"%}\"";
      case VARIABLE_END -> "\"}}\"";
      case STRING -> "'" + text + "'";
      default -> "\"" + text + "\"";
    };
  }
}
