package dev.switchboard.model.checkpoint;

/** Types of metadata values, in the order of their numbers in a GGUF file. */
enum GgufType {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  STRING(8),
  ARRAY(12),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  private static final GgufType[] BY_NUMBER = values();

  private final int leastBytes;

  GgufType(int leastBytes) {
    this.leastBytes = leastBytes;
  }

  /** Bytes of a number; for others the least that a value takes. */
  int leastBytes() {
    return leastBytes;
  }

  boolean isWhole() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
    };
  }

  boolean isReal() {
    return this == FLOAT32 || this == FLOAT64;
  }

  static GgufType numbered(GgufCursor at, long number, String key) {
    if (number >= BY_NUMBER.length) {
      throw CheckpointException.in(
          at.path(),
          "key %s has the unknown type %s; expected 0 to %s",
          key,
          number,
          BY_NUMBER.length - 1);
    }
    return BY_NUMBER[(int) number];
  }
}
