package dev.switchboard.model.sampling;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 over rows of logits as little-endian F32, in the order in which they were added. Not for
 * two threads.
 */
public final class LogitsDigest {
  private final MessageDigest digest = sha256();
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  /** Adds one row. */
  public void add(float[] logits) {
    int bytes = Math.multiplyExact(logits.length, Float.BYTES);
    if (buffer.capacity() < bytes) {
      buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    buffer.clear();
    buffer.asFloatBuffer().put(logits);
    digest.update(buffer.limit(bytes));
  }

  /** 64 lower-case digits; more rows may follow. */
  public String hex() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's SHA-256 cannot be copied", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
