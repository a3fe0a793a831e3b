package dev.switchboard.model.snapshot;

import java.lang.foreign.MemorySegment;

/**
 * A piece of a sequence's state.
 *
 * @param layer of the model; -1 for what holds all layers
 * @param index of an expert in its layer, or of a block of keys and values in the sequence
 * @param version tokens that have moved it, for experts; otherwise 0
 * @param data little-endian, read-only; does not change
 */
public record StatePart(Kind kind, int layer, int index, long version, MemorySegment data) {
  /** What it is; the order is part of the written form. */
  public enum Kind {
    /** Last inputs of a mixer's convolution, {@code [kernel - 1, channels]} F32. */
    CONVOLUTION,
    /** Recurrent state of a mixer, F32 in the kernels' order (ScanShape, SelectiveShape). */
    RECURRENT,
    /** What a gate remembers, {@code [experts]} F32. */
    GATE,
    /** Keys and values of 32 tokens, all layers, as the cache keeps them; zero behind the last. */
    KEYS_AND_VALUES,
    /** What a stateful expert remembers, as it writes itself. */
    EXPERT
  }

  public StatePart {
    data = data.asReadOnly();
  }

  public static StatePart of(ExpertSnapshot state) {
    return new StatePart(
        Kind.EXPERT,
        state.layer(),
        state.expert(),
        state.version(),
        MemorySegment.ofArray(state.bytes()));
  }

  public long bytes() {
    return data.byteSize();
  }

  /** What it is, for messages. */
  public String describe() {
    return "%s of layer %d, %d (%d bytes)".formatted(kind, layer, index, bytes());
  }
}
