package dev.switchboard.model.jinja;

/** A template that cannot be read or rendered; the message names the construct. */
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean raised;

  public JinjaException(String message) {
    this(message, false);
  }

  private JinjaException(String message, boolean raised) {
    super(message);
    this.raised = raised;
  }

  /** What a template itself says by {@code raise_exception}. */
  static JinjaException raised(String message) {
    return new JinjaException(message, true);
  }

  /** Whether the template itself refused what it was given. */
  public boolean isRaised() {
    return raised;
  }

  /** The same, saying where; unless it says so already. */
  JinjaException at(int line) {
    String message = String.valueOf(getMessage());
    return message.startsWith("line ")
        ? this
        : new JinjaException("line " + line + ": " + message, raised);
  }
}
