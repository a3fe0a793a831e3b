package dev.switchboard.cluster.state;

/**
 * Where some bytes lie that are written once: in chunks of at most a mebibyte.
 *
 * @param id never used again for other bytes
 * @param bytes of all chunks together
 * @param chunks how many there are
 */
public record BlobRef(String id, long bytes, int chunks) {
  public BlobRef {
    if (bytes < 0 || chunks < 0 || bytes > (long) chunks * SealedStates.MOST_BYTES) {
      throw new IllegalArgumentException(
          "blob %s of %d bytes in %d chunks".formatted(id, bytes, chunks));
    }
  }
}
