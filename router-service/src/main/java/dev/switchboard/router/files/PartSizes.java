package dev.switchboard.router.files;

import com.google.protobuf.ByteString;
import dev.switchboard.model.checkpoint.CheckpointException;

/** How much of a file one message carries. */
public final class PartSizes {
  /** As the protocol says. */
  static final int MOST_BYTES = 1 << 20;

  private PartSizes() {}

  /**
   * @throws CheckpointException if a part is larger than any may be
   */
  public static void check(ByteString part) {
    if (part.size() > MOST_BYTES) {
      throw new CheckpointException(
          "a part of %d bytes; expected %d at the most".formatted(part.size(), MOST_BYTES));
    }
  }
}
