package dev.switchboard.training.data;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;

/**
 * A document as tokens.
 *
 * @param test whether it is held out
 * @param key a hash of its tokens: the order of documents, and what decides a split
 * @param bytes of its text
 */
public record Document(String domain, boolean test, long key, int[] tokens, int bytes)
    implements Serializable {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /**
   * @param heldOut share of documents that are held out where the file does not say
   */
  public static Document of(
      CorpusFile file, String text, Vocabulary vocabulary, long seed, double heldOut) {
    int[] tokens = vocabulary.encodeLong(text);
    long key = hash(seed, tokens);
    boolean test =
        switch (file.split()) {
          case TRAIN -> false;
          case TEST -> true;
          case BY_DOCUMENT -> (key >>> 11) * 0x1p-53 < heldOut;
        };
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    return new Document(file.domain(), test, key, tokens, bytes);
  }

  public Document heldOut() {
    return new Document(domain, true, key, tokens, bytes);
  }

  /** A hash of everything; a set of documents has the sum of theirs, in whatever order they are. */
  public long fingerprint() {
    return mix(hash(test ? 1 : 0, tokens) ^ hash(2, domain.chars().toArray()));
  }

  private static long hash(long seed, int[] values) {
    long h = mix(seed + GOLDEN);
    for (int value : values) {
      h = mix(h ^ value) + GOLDEN;
    }
    return mix(h ^ values.length);
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
