package dev.switchboard.model.sampling;

/** A logit is NaN or infinite: the sequence cannot go on. */
public final class NonFiniteLogitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NonFiniteLogitException(int token, float logit, long position) {
    super(
        "the logit of token %s at position %s is %s; expected a finite number"
            .formatted(token, position, logit));
  }
}
