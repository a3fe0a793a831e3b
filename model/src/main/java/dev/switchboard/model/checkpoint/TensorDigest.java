package dev.switchboard.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** SHA-256 over tensors: names, types, shapes and all bytes, whatever the order of the map. */
public final class TensorDigest {
  private static final long CHUNK_BYTES = 1L << 20;

  private TensorDigest() {}

  /**
   * The digest, in hex.
   *
   * @param kind of what is digested: different kinds never have equal digests
   */
  public static String hex(String kind, Map<String, Tensor> tensors) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      add(digest, kind);
      new TreeMap<>(tensors)
          .forEach((name, tensor) -> {
            add(digest, name + ' ' + tensor.dtype() + ' ' + tensor.shape());
            add(digest, tensor.data());
          });
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void add(MessageDigest digest, String line) {
    digest.update((line + '\n').getBytes(StandardCharsets.UTF_8));
  }

  private static void add(MessageDigest digest, MemorySegment data) {
    for (long at = 0; at < data.byteSize(); at += CHUNK_BYTES) {
      long length = Math.min(CHUNK_BYTES, data.byteSize() - at);
      digest.update(data.asSlice(at, length).asByteBuffer());
    }
  }
}
