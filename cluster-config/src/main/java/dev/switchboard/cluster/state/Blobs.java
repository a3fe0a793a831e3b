package dev.switchboard.cluster.state;

import dev.switchboard.cluster.state.StateException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes of any length as chunks in the grid, each sealed for itself. What a {@link BlobRef} says is
 * compared with what is found; nothing is allocated that a chunk does not hold.
 */
public final class Blobs {
  private static final Logger LOG = LoggerFactory.getLogger(Blobs.class);

  private final SealedStates states;
  private final long mostBytes;

  /**
   * @param mostBytes of one blob
   */
  public Blobs(SealedStates states, long mostBytes) {
    this.states = states;
    this.mostBytes = mostBytes;
  }

  /** Most bytes of one blob. */
  public long mostBytes() {
    return mostBytes;
  }

  /**
   * Bytes that are written in chunks.
   *
   * @param bytes of all together
   * @param count of chunks
   * @param chunk by index, each at most {@link SealedStates#MOST_BYTES}
   */
  public record Chunks(long bytes, int count, IntFunction<ByteBuffer> chunk) {
    public static Chunks of(List<ByteBuffer> all) {
      long bytes = all.stream().mapToLong(ByteBuffer::remaining).sum();
      return new Chunks(bytes, all.size(), all::get);
    }
  }

  /**
   * Writes the chunks, one at a time.
   *
   * @param what names the bytes in errors
   * @throws StateException if they are too many, before any is written, or the grid does not answer
   */
  public BlobRef write(String what, Chunks chunks) {
    if (chunks.bytes() > mostBytes) {
      throw tooLarge(what, chunks.bytes());
    }
    BlobRef ref = new BlobRef(UUID.randomUUID().toString(), chunks.bytes(), chunks.count());
    try {
      for (int i = 0; i < chunks.count(); i++) {
        ByteBuffer chunk = chunks.chunk().apply(i).duplicate();
        byte[] value = new byte[chunk.remaining()];
        chunk.get(value);
        states.put(Map.of(name(ref, i), value));
      }
    } catch (StateException e) {
      forget(ref);
      throw e;
    }
    return ref;
  }

  /** Half of something is of use to nobody. */
  private void forget(BlobRef ref) {
    try {
      remove(ref);
    } catch (StateException e) {
      LOG.debug("what was written of {} stays until it expires: {}", ref, e.getMessage());
    }
  }

  /**
   * Writes the same bytes a second time, to live and go on their own; a chunk at a time.
   *
   * @throws StateException if a chunk is missing or damaged, or they are too many; nothing is left
   *     of the copy then
   */
  public BlobRef copy(String what, BlobRef ref) {
    return write(what, new Chunks(ref.bytes(), ref.chunks(), i -> chunk(what, ref, i)));
  }

  private ByteBuffer chunk(String what, BlobRef ref, int index) {
    return states
        .get(List.of(name(ref, index)))
        .getFirst()
        .map(ByteBuffer::wrap)
        .orElseThrow(() -> missing(what, ref, index));
  }

  /** What is said of more bytes than one blob may have. */
  public StateException tooLarge(String what, long bytes) {
    return new StateException(
        Kind.TOO_LARGE,
        "%s takes %d bytes; at most %d are kept in the grid (grid.snapshotBytes)"
            .formatted(what, bytes, mostBytes));
  }

  /**
   * Reads what was written.
   *
   * @throws StateException if a chunk is missing or damaged
   */
  public List<ByteBuffer> read(String what, BlobRef ref) {
    List<ByteBuffer> chunks = new ArrayList<>();
    List<Optional<byte[]>> values = states.get(names(ref));
    long bytes = 0;
    for (int i = 0; i < ref.chunks(); i++) {
      int index = i;
      byte[] value = values.get(i).orElseThrow(() -> missing(what, ref, index));
      bytes += value.length;
      chunks.add(ByteBuffer.wrap(value));
    }
    if (bytes != ref.bytes()) {
      throw new StateException(
          Kind.DAMAGED,
          "%s has %d bytes in the grid; %d were written".formatted(what, bytes, ref.bytes()));
    }
    return chunks;
  }

  private static StateException missing(String what, BlobRef ref, int index) {
    return new StateException(
        Kind.MISSING,
        "%s is no longer kept: chunk %d of %d has expired (grid.stateTtl) or gave way to others (grid.stateBytes)"
            .formatted(what, index + 1, ref.chunks()));
  }

  /** Lets the bytes live on. */
  public void keep(BlobRef ref) {
    states.keep(names(ref));
  }

  public void remove(BlobRef ref) {
    states.remove(names(ref));
  }

  private static List<String> names(BlobRef ref) {
    return IntStream.range(0, ref.chunks()).mapToObj(i -> name(ref, i)).toList();
  }

  private static String name(BlobRef ref, int chunk) {
    return "blob/" + ref.id() + "/" + chunk;
  }
}
