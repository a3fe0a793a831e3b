package dev.switchboard.model.snapshot;

/**
 * What one stateful expert remembers of one sequence.
 *
 * @param version tokens that have moved it
 * @param bytes as the expert's state writes itself; not changed by anybody
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record ExpertSnapshot(int layer, int expert, long version, byte[] bytes) {
  public ExpertSnapshot {
    if (layer < 0 || expert < 0 || version < 0) {
      throw new IllegalArgumentException(
          "a state of layer %d, expert %d, version %d".formatted(layer, expert, version));
    }
  }

  @Override
  public String toString() {
    return "state of layer %d, expert %d, version %d, %d bytes"
        .formatted(layer, expert, version, bytes.length);
  }
}
