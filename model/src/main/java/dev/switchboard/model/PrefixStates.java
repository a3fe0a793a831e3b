package dev.switchboard.model;

import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.layer.KvCache;
import dev.switchboard.model.layer.SequenceMemory;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.PrefixIndex;
import dev.switchboard.model.snapshot.SnapshotException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sequences that begin alike, read once. Where attention is all that a sequence leaves behind, the
 * cache of keys and values does that by itself. Other models leave states too (of recurrent layers,
 * of gates that remember, of stateful experts), which hold everything before them and cannot be cut
 * shorter: they are kept at multiples of a chunk, by the tokens before them. A sequence of a hybrid
 * begins behind a state whose keys and values are still there as well.
 *
 * <p>One trunk, one arithmetic: what may differ between sequences, their gates among it, is in
 * {@link Trunk.PrefixScope}. What is not quite the model's own is never kept. One thread runs it;
 * any may look at its counters.
 */
public final class PrefixStates {
  /** Keys and values are found in blocks of so many tokens. */
  public static final int CHUNK_STEP = KvShape.BLOCK_KEYS;

  private final Trunk trunk;
  private final ExpertRunner experts;
  private final @Nullable PrefixIndex<Kept> index;
  private final ArrayDeque<MemorySegment> free = new ArrayDeque<>();

  /**
   * What there was behind some tokens, but for keys and values.
   *
   * @param trunk outside of the heap, which is small; reused when it is given up
   */
  private record Kept(MemorySegment trunk, List<ExpertSnapshot> experts) {
    long bytes() {
      return trunk.byteSize() + experts.stream().mapToLong(state -> state.bytes().length).sum();
    }
  }

  /** Counters of a moment; all 0 where nothing is kept this way. */
  public record Usage(long usedBytes, long budgetBytes, long states, long evicted) {}

  /**
   * @param experts of the trunk's model
   * @param chunkTokens between two states, a multiple of {@link #CHUNK_STEP}; 0: none are kept
   * @param budgetBytes of all of them
   */
  public PrefixStates(Trunk trunk, ExpertRunner experts, int chunkTokens, long budgetBytes) {
    if (chunkTokens < 0 || chunkTokens % CHUNK_STEP != 0) {
      throw new IllegalArgumentException(
          "states every %d tokens; expected a multiple of %d".formatted(chunkTokens, CHUNK_STEP));
    }
    this.trunk = trunk;
    this.experts = experts;
    boolean none = chunkTokens == 0 || budgetBytes == 0 || trunk.sharesPrefixes();
    this.index = none ? null : new PrefixIndex<>(chunkTokens, budgetBytes, this::reuse);
  }

  private void reuse(Kept kept) {
    free.push(kept.trunk());
  }

  /** Tokens between two states; 0 if none are kept. */
  public int chunkTokens() {
    return index == null ? 0 : index.chunkTokens();
  }

  /**
   * A sequence for these tokens: as {@link Trunk#newSequence(long, int[], long, String)}, for any
   * model, its experts' states included.
   *
   * @param ids gives ids towards experts, never one twice
   */
  public SequenceState newSequence(
      LongSupplier ids, int[] tokens, long declaredTokens, String tenant) {
    return newSequence(ids, tokens, declaredTokens, tenant, trunk.usualGates());
  }

  /** The same, routed by these gates. */
  public SequenceState newSequence(
      LongSupplier ids, int[] tokens, long declaredTokens, String tenant, GateUse gates) {
    if (index == null) {
      return trunk.newSequence(ids.getAsLong(), tokens, declaredTokens, tenant, gates);
    }
    Object scope = trunk.prefixScope(declaredTokens, tenant, gates);
    KvCache cache = trunk.kvCache();
    int keys = cache.blockBytes() == 0 ? Integer.MAX_VALUE : cache.findable(scope, tokens);
    IntPredicate usable = length -> length <= keys;
    Optional<PrefixIndex.Found<Kept>> found = index.find(scope, tokens, usable);
    if (found.isPresent()) {
      int[] read = Arrays.copyOf(tokens, found.get().tokens());
      SequenceMemory memory =
          new SequenceMemory(cache.newTable(scope, read, read.length), declaredTokens);
      SequenceState state = SequenceState.newSequence(trunk, ids.getAsLong(), memory, gates);
      if (behind(state, found.get().value(), scope, read)) {
        return state;
      }
    }
    SequenceMemory memory = new SequenceMemory(cache.newTable(scope, tokens, 0), declaredTokens);
    SequenceState fresh = SequenceState.newSequence(trunk, ids.getAsLong(), memory, gates);
    fresh.shareWith(scope);
    return fresh;
  }

  /** Moves a new sequence behind what was kept; false, if its experts cannot take it back. */
  private boolean behind(SequenceState state, Kept kept, Object scope, int[] read) {
    try {
      state.resume(kept.trunk(), read);
      experts.restore(state.id(), kept.experts());
      state.shareWith(scope);
      return true;
    } catch (SnapshotException e) {
      state.close();
      experts.release(state.id());
      return false;
    }
  }

  /**
   * A step has brought the sequence to its position: keeps its state if it is at the end of a
   * chunk, and nothing is kept for these tokens.
   *
   * @param tokens those read, at least
   * @throws SnapshotException if what its experts remember cannot be had
   */
  public void passed(SequenceState state, Supplier<int[]> tokens) {
    Object scope = state.sharedWith();
    if (index == null || scope == null || state.position() % index.chunkTokens() != 0) {
      return;
    }
    int[] read = tokens.get();
    int length = Math.toIntExact(state.position());
    if (!index.has(scope, read, length)) {
      List<ExpertSnapshot> remembered = experts.snapshot(state.id());
      long bytes = StateParts.fixedBytes(state);
      MemorySegment memory = free.poll();
      // Gates of other versions may remember more or less.
      if (memory == null || memory.byteSize() != bytes) {
        memory = Arena.ofAuto().allocate(bytes, Long.BYTES);
      }
      StateParts.copyOut(state, memory);
      Kept kept = new Kept(memory, remembered);
      index.put(scope, read, length, kept, kept.bytes());
    }
  }

  public Usage usage() {
    return index == null
        ? new Usage(0, 0, 0, 0)
        : new Usage(index.usedBytes(), index.budgetBytes(), index.count(), index.evicted());
  }
}
