package dev.switchboard.model.checkpoint;

import java.lang.foreign.MemorySegment;

/** Where the bytes of tensors come from that are not in a file here. */
public interface TensorSource {
  /**
   * Fills {@code into} with neighbouring bytes of a tensor's data, or fails.
   *
   * @param offset of the first, from the start of the tensor's data
   * @throws CheckpointException naming the tensor and what went wrong, if they cannot be had
   */
  void read(String tensor, long offset, MemorySegment into);
}
