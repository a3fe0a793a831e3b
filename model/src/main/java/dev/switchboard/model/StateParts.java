package dev.switchboard.model;

import dev.switchboard.model.layer.KvTable;
import dev.switchboard.model.layer.MixerState.Memory;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.snapshot.StatePart;
import dev.switchboard.model.snapshot.StatePart.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Between a sequence's state and the parts of its snapshot: of each layer what its mixer remembers,
 * then its gate; keys and values block by block. In that order, without gaps, of exactly these
 * sizes; anything else is another model's.
 */
final class StateParts {
  private StateParts() {}

  /** Copies what does not grow: of mixers and gates. */
  static List<StatePart> save(SequenceState state) {
    List<StatePart> parts = new ArrayList<>();
    for (StatePart view : views(state)) {
      MemorySegment copy = MemorySegment.ofArray(new float[(int) (view.bytes() / Float.BYTES)]);
      copy.copyFrom(view.data());
      parts.add(new StatePart(view.kind(), view.layer(), view.index(), 0, copy));
    }
    return parts;
  }

  /** Bytes of what does not grow. */
  static long fixedBytes(SequenceState state) {
    return Arrays.stream(sizes(state)).sum();
  }

  /** Copies what does not grow, one behind the other. */
  static void copyOut(SequenceState state, MemorySegment into) {
    long at = 0;
    for (StatePart view : views(state)) {
      MemorySegment.copy(view.data(), 0, into, at, view.bytes());
      at += view.bytes();
    }
  }

  /** Puts back what {@link #copyOut} has copied from a state of the same trunk. */
  static void copyIn(SequenceState state, MemorySegment from) {
    List<MemorySegment> own = new ArrayList<>();
    views(state, own);
    long at = 0;
    for (MemorySegment data : own) {
      MemorySegment.copy(from, at, data, 0, data.byteSize());
      at += data.byteSize();
    }
  }

  /** Copies keys and values. */
  static List<StatePart> save(KvTable table) {
    int blocks = table.filledBlocks();
    long each = table.cache().blockBytes();
    List<StatePart> parts = new ArrayList<>(blocks);
    MemorySegment all =
        blocks == 0
            ? MemorySegment.NULL
            : Arena.ofAuto().allocate(Math.multiplyExact(each, blocks), Long.BYTES);
    for (int i = 0; i < blocks; i++) {
      MemorySegment copy = all.asSlice(i * each, each);
      table.save(i, copy);
      parts.add(new StatePart(Kind.KEYS_AND_VALUES, -1, i, 0, copy));
    }
    return parts;
  }

  /**
   * Puts back what {@link #save(SequenceState)} has copied.
   *
   * @param parts its parts, and behind them perhaps others
   * @return how many were taken
   * @throws SnapshotException if they are not this model's
   */
  static int restore(SequenceState state, List<StatePart> parts) {
    List<MemorySegment> views = new ArrayList<>();
    List<StatePart> expected = views(state, views);
    for (int i = 0; i < expected.size(); i++) {
      check(i < parts.size() ? parts.get(i) : null, expected.get(i));
      views.get(i).copyFrom(parts.get(i).data());
    }
    return expected.size();
  }

  /**
   * Puts back what {@link #save(KvTable)} has copied.
   *
   * @param read tokens that they are of
   * @throws SnapshotException if they are not this model's, or not that many
   */
  static void restore(KvTable table, int[] read, List<StatePart> parts) {
    int blocks = table.cache().blocksFor(read.length);
    if (parts.size() != blocks) {
      throw foreign(
          "%d blocks of keys and values for %d tokens; here it is %d"
              .formatted(parts.size(), read.length, blocks));
    }
    List<MemorySegment> data = new ArrayList<>(blocks);
    for (int i = 0; i < blocks; i++) {
      StatePart part = parts.get(i);
      if (part.kind() != Kind.KEYS_AND_VALUES
          || part.index() != i
          || part.bytes() != table.cache().blockBytes()) {
        throw foreign(
            "%s; here it is block %d of keys and values (%d bytes)"
                .formatted(part.describe(), i, table.cache().blockBytes()));
      }
      data.add(part.data());
    }
    table.restore(read, data);
  }

  /** Sizes of the parts that do not grow. */
  static long[] sizes(SequenceState state) {
    return views(state).stream().mapToLong(StatePart::bytes).toArray();
  }

  private static List<StatePart> views(SequenceState state) {
    return views(state, new ArrayList<>());
  }

  /** Parts over the state's own memory; that memory itself, to be written, goes to {@code own}. */
  private static List<StatePart> views(SequenceState state, List<MemorySegment> own) {
    List<StatePart> parts = new ArrayList<>();
    for (int layer = 0; layer < state.layers(); layer++) {
      for (Memory memory : state.mixer(layer).memory()) {
        parts.add(new StatePart(memory.kind(), layer, 0, 0, memory.data()));
        own.add(memory.data());
      }
      float[] gate = state.gateMemory(layer);
      if (gate.length > 0) {
        parts.add(new StatePart(Kind.GATE, layer, 0, 0, MemorySegment.ofArray(gate)));
        own.add(MemorySegment.ofArray(gate));
      }
    }
    return parts;
  }

  private static void check(@Nullable StatePart found, StatePart expected) {
    if (found == null) {
      throw foreign("nothing for " + expected.describe());
    }
    if (found.kind() != expected.kind()
        || found.layer() != expected.layer()
        || found.index() != expected.index()
        || found.bytes() != expected.bytes()) {
      throw foreign("%s; here it is %s".formatted(found.describe(), expected.describe()));
    }
  }

  private static SnapshotException foreign(String what) {
    return new SnapshotException(
        Problem.OTHER_MODEL, "the state does not fit this model: it has " + what);
  }
}
