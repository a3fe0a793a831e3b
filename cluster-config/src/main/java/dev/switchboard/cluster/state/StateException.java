package dev.switchboard.cluster.state;

/** A value could not be kept or read; the message is for the user and says what is wrong. */
public final class StateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Kind kind;
  private final String text;

  /** What can be made of it. */
  public enum Kind {
    /** The grid does not answer: try again. */
    UNAVAILABLE,
    /** More bytes than the settings allow. */
    TOO_LARGE,
    /** The value is there but was changed, cut, or made with another key or version. */
    DAMAGED,
    /** It is no longer kept, or never was. */
    MISSING,
    /** Somebody else has written since. */
    OVERTAKEN
  }

  public StateException(Kind kind, String message) {
    super(message);
    this.kind = kind;
    this.text = message;
  }

  public StateException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.text = message;
  }

  @Override
  public String getMessage() {
    return text;
  }

  public Kind kind() {
    return kind;
  }
}
