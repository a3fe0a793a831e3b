package dev.switchboard.model.layer;

/** There is no room for more keys and values. */
public final class KvCacheFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  KvCacheFullException(String message) {
    super(message);
  }
}
