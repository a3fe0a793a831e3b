package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Packing;

/** Where packed matrices live. Thread-safe. */
public interface PackStore {
  /** Packs each into memory of its own. */
  PackStore IN_MEMORY = (_, packing) -> packing.over(PackedMemory.pack(packing));

  /**
   * A matrix, packed: found, or packed now.
   *
   * @param origin says of which bytes of the model's files it is made, and how; blank: of others,
   *     so that it must be packed
   * @param packing looks at the files only if it has to be packed
   * @throws RuntimeException what {@code packing} throws
   */
  PackedMatrix matrix(String origin, Packing packing);

  /** Bytes that were found packed, since the start. */
  default long bytesFound() {
    return 0;
  }
}
