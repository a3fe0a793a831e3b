package dev.switchboard.cluster.state;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret of a deployment, 32 bytes, from which the keys of single values are derived. Never
 * shown.
 */
public final class StateKey {
  private static final int BYTES = 32;
  private static final String HMAC = "HmacSHA256";

  private final SecretKeySpec secret;

  private StateKey(byte[] bytes) {
    this.secret = new SecretKeySpec(bytes, HMAC);
  }

  /**
   * @param text 64 hexadecimal digits
   * @throws IllegalArgumentException saying what is expected; never what was given
   */
  public static StateKey of(String text) {
    String digits = text.strip();
    if (digits.length() != 2 * BYTES || !digits.chars().allMatch(HexFormat::isHexDigit)) {
      throw new IllegalArgumentException(
          "expected %d hexadecimal digits, found %d characters"
              .formatted(2 * BYTES, digits.length()));
    }
    return new StateKey(HexFormat.of().parseHex(digits));
  }

  /** A new one, for a deployment that nobody joins later. */
  public static StateKey random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return new StateKey(bytes);
  }

  /** 32 bytes that depend on the secret and the purpose; neither can be told from them. */
  byte[] derive(byte[] purpose) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(secret);
      return mac.doFinal(purpose);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + HMAC, e);
    }
  }

  @Override
  public String toString() {
    return "StateKey[secret]";
  }
}
