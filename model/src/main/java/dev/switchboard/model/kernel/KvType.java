package dev.switchboard.model.kernel;

/** How keys and values are kept: the type decides bits of results, and bytes read per token. */
public enum KvType {
  /** As they were computed. */
  F32(Float.BYTES),

  /**
   * Rounded to half precision, half to even: half the memory and half the time of a long context.
   * Beyond 65504 they are infinite, which ends the request.
   */
  F16(Short.BYTES);

  private final int bytes;

  KvType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of a value. */
  int bytes() {
    return bytes;
  }
}
