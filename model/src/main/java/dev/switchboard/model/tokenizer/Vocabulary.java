package dev.switchboard.model.tokenizer;

import dev.switchboard.model.checkpoint.CheckpointException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/** What each token id stands for. */
final class Vocabulary {
  /** No vocabulary comes near; an id beyond it is a mistake, not a reason to allocate. */
  static final int MAX_ID = 1 << 24;

  private static final byte[] NOTHING = {};

  private final byte[][] bytes;
  private final Map<String, Integer> added;
  private final Map<Integer, String> special;

  private Vocabulary(Builder builder) {
    this.bytes = Arrays.copyOf(builder.bytes, builder.size);
    this.added = Map.copyOf(builder.added);
    this.special = Map.copyOf(builder.special);
  }

  /** One more than the highest id. */
  int size() {
    return bytes.length;
  }

  /**
   * Bytes of a token: for byte-level BPE those it stands for, otherwise the UTF-8 of its piece;
   * none for special tokens and ids that no token has.
   */
  byte[] bytes(int id) {
    if (id < 0) {
      throw new IllegalArgumentException("token id " + id + "; expected 0 or more");
    }
    return id < bytes.length ? Objects.requireNonNullElse(bytes[id], NOTHING) : NOTHING;
  }

  /** How a special token is written; empty for any other. */
  String special(int id) {
    return special.getOrDefault(id, "");
  }

  /** The id of a token by how it is written; special and added ones are found first. */
  OptionalInt id(String text) {
    Integer found = added.get(text);
    if (found != null) {
      return OptionalInt.of(found);
    }
    byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
    for (int id = 0; id < bytes.length; id++) {
      if (wanted.length > 0 && Arrays.equals(bytes[id], wanted)) {
        return OptionalInt.of(id);
      }
    }
    return OptionalInt.empty();
  }

  /** Collects tokens; a later one takes the place of an earlier one with its id. */
  static final class Builder {
    private final String label;
    private final boolean byteLevel;
    private byte[][] bytes = new byte[1 << 14][];
    private int size;
    private final Map<String, Integer> added = new HashMap<>();
    private final Map<Integer, String> special = new HashMap<>();

    /**
     * @param byteLevel whether pieces are written in the alphabet of byte-level BPE
     */
    Builder(String label, boolean byteLevel) {
      this.label = label;
      this.byteLevel = byteLevel;
    }

    void piece(int id, String piece) {
      put(piece, id, byteLevel ? fromAlphabet(piece) : utf8(piece));
    }

    /** An added token is written as it is, in every kind of vocabulary. */
    void added(int id, String content, boolean isSpecial) {
      put(content, id, isSpecial ? NOTHING : utf8(content));
      added.put(content, id);
      if (isSpecial) {
        special.put(id, content);
      } else {
        special.remove(id);
      }
    }

    Vocabulary build() {
      if (size == 0) {
        throw new CheckpointException(label + ": the vocabulary has no tokens");
      }
      return new Vocabulary(this);
    }

    private void put(String token, int id, byte[] value) {
      if (id < 0 || id > MAX_ID) {
        throw new CheckpointException(
            "%s: token \"%s\" has no whole number from 0 to %s as its id"
                .formatted(label, token, MAX_ID));
      }
      if (id >= bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(id + 1, 2 * bytes.length));
      }
      bytes[id] = value;
      size = Math.max(size, id + 1);
    }

    private static byte[] fromAlphabet(String text) {
      byte[] result = new byte[text.length()];
      for (int i = 0; i < result.length; i++) {
        int value = ByteAlphabet.toByte(text.charAt(i));
        if (value < 0) {
          return utf8(text);
        }
        result[i] = (byte) value;
      }
      return result;
    }

    private static byte[] utf8(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }
}
