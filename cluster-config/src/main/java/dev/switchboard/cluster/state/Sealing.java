package dev.switchboard.cluster.state;

import dev.switchboard.cluster.state.StateException.Kind;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM over single values: a version, 12 random bytes, ciphertext, 16 bytes of tag. Each
 * name has a key of its own, derived from the deployment's, so the random bytes never run out; the
 * name is authenticated with the value, so a value moved to another name is refused. Names are
 * hidden by the same secret: they may hold what a client calls its session.
 */
final class Sealing {
  /** What a sealed value is longer than the open one. */
  static final int OVERHEAD_BYTES = 1 + 12 + 16;

  private static final byte VERSION = 1;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final String CIPHER = "AES/GCM/NoPadding";

  private final StateKey key;
  private final SecureRandom random = new SecureRandom();

  Sealing(StateKey key) {
    this.key = key;
  }

  /** The name under which a value lies. */
  String hide(String name) {
    return HexFormat.of().formatHex(key.derive(bytes("name:" + name)));
  }

  byte[] seal(String name, byte[] value) {
    byte[] sealed = new byte[value.length + OVERHEAD_BYTES];
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    sealed[0] = VERSION;
    System.arraycopy(nonce, 0, sealed, 1, NONCE_BYTES);
    try {
      cipher(Cipher.ENCRYPT_MODE, name, nonce)
          .doFinal(value, 0, value.length, sealed, 1 + NONCE_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("sealing of " + value.length + " bytes failed", e);
    }
    return sealed;
  }

  /**
   * @throws StateException if the value was not sealed under this name with this key
   */
  byte[] open(String name, byte[] sealed) {
    if (sealed.length < OVERHEAD_BYTES || sealed[0] != VERSION) {
      throw new StateException(
          Kind.DAMAGED,
          "a kept value of %d bytes is cut short or of another version (this process reads version %d)"
              .formatted(sealed.length, VERSION));
    }
    byte[] nonce = Arrays.copyOfRange(sealed, 1, 1 + NONCE_BYTES);
    try {
      return cipher(Cipher.DECRYPT_MODE, name, nonce)
          .doFinal(sealed, 1 + NONCE_BYTES, sealed.length - 1 - NONCE_BYTES);
    } catch (AEADBadTagException e) {
      throw new StateException(
          Kind.DAMAGED,
          "a kept value of %d bytes was changed, or sealed with another grid.stateKey"
              .formatted(sealed.length),
          e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("opening of " + sealed.length + " bytes failed", e);
    }
  }

  private Cipher cipher(int mode, String name, byte[] nonce) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(CIPHER);
    SecretKeySpec own = new SecretKeySpec(key.derive(bytes("value:" + name)), "AES");
    cipher.init(mode, own, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(bytes(name));
    return cipher;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
