package dev.switchboard.model.snapshot;

import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.snapshot.StatePart.Kind;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/**
 * All that is left of a sequence between two steps: from here it goes on with the same bits, in
 * this process or another. Immutable, thread-safe.
 *
 * <p>It holds the ids of all tokens that were read, so that whoever goes on from it can compare
 * them with a prompt; and no seed: sampling depends on (seed, position) alone.
 *
 * <p>The written form is a row of chunks of at most {@link #CHUNK_BYTES}, each with its checksum
 * (CRC32C), bound to each other by the first one's; a file has them one behind the other. See
 * {@link SnapshotForm}.
 */
public final class SequenceSnapshot {
  /** Of a chunk, at most; all but the last have it. */
  public static final int CHUNK_BYTES = SnapshotForm.CHUNK_BYTES;

  private final SnapshotHead head;
  private final List<StatePart> parts;
  private final SnapshotForm form;

  /**
   * @param parts the trunk's as {@code Trunk.restore} wants them, then those of experts
   */
  public SequenceSnapshot(SnapshotHead head, List<StatePart> parts) {
    this.head = head;
    this.parts = List.copyOf(parts);
    this.form = SnapshotForm.of(head, this.parts);
  }

  public SnapshotOrigin origin() {
    return head.origin();
  }

  public SnapshotHead head() {
    return head;
  }

  /** Tokens that the state has read. */
  public long position() {
    return head.read();
  }

  /** Ids of the tokens read; where a next one has been chosen and not been read, that too. */
  public int[] tokens() {
    return head.tokens().clone();
  }

  /** Length of {@link #tokens}. */
  public int tokenCount() {
    return head.tokens().length;
  }

  /**
   * Checks that a prompt goes on from here: it begins with the tokens read, and has one more at
   * least, whose answer is yet to be computed.
   *
   * @throws SnapshotException naming the first position that differs
   */
  public void checkPrompt(int[] prompt) {
    int read = Math.toIntExact(position());
    int differs = Arrays.mismatch(head.tokens(), 0, read, prompt, 0, Math.min(read, prompt.length));
    if (differs >= 0 && differs < prompt.length) {
      throw new SnapshotException(
          Problem.OTHER_TOKENS,
          "the state has read token %d at position %d; the prompt has %d there"
              .formatted(head.tokens()[differs], differs, prompt[differs]));
    }
    if (prompt.length <= read) {
      throw new SnapshotException(
          Problem.OTHER_TOKENS,
          "the state has read %d tokens; the prompt has %d, and must have one more at least"
              .formatted(read, prompt.length));
    }
  }

  /** The trunk's part. */
  public List<StatePart> trunk() {
    return parts.stream().filter(part -> part.kind() != Kind.EXPERT).toList();
  }

  /** What stateful experts remember. */
  public List<ExpertSnapshot> experts() {
    return parts.stream()
        .filter(part -> part.kind() == Kind.EXPERT)
        .map(part ->
            new ExpertSnapshot(
                part.layer(),
                part.index(),
                part.version(),
                part.data().toArray(ValueLayout.JAVA_BYTE)))
        .toList();
  }

  /** Size of the written form, checksums included. */
  public long bytes() {
    return form.fileBytes();
  }

  /**
   * What decides the size of a snapshot.
   *
   * @param fixed bytes of the parts that do not grow
   * @param blocks of keys and values
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  public record Sizes(int tokens, int ropeVariants, long[] fixed, int blocks, long blockBytes) {}

  /** Size of the written form of such a snapshot. */
  public static long bytes(SnapshotOrigin origin, Sizes sizes) {
    return SnapshotForm.fileBytes(origin, sizes);
  }

  /** Chunks of the written form. */
  public int chunks() {
    return form.chunks();
  }

  /**
   * A chunk of the written form, made anew at every call.
   *
   * @throws IndexOutOfBoundsException unless the index is in [0, {@link #chunks})
   */
  public ByteBuffer chunk(int index) {
    return form.chunk(index);
  }

  /**
   * Writes all chunks.
   *
   * @throws IOException if the channel does
   */
  public void writeTo(WritableByteChannel out) throws IOException {
    for (int i = 0; i < chunks(); i++) {
      ByteBuffer chunk = chunk(i);
      while (chunk.hasRemaining()) {
        out.write(chunk);
      }
    }
  }

  /**
   * Reads chunks, all there and in order; however they are cut.
   *
   * @param maxBytes that are accepted
   * @throws SnapshotException saying what does not fit
   */
  public static SequenceSnapshot read(List<ByteBuffer> chunks, long maxBytes) {
    return new SnapshotReader(SnapshotInput.of(chunks), maxBytes).read();
  }

  /**
   * Reads a file.
   *
   * @param maxBytes that are accepted
   * @throws SnapshotException naming the file and what does not fit
   */
  public static SequenceSnapshot read(Path file, long maxBytes) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return new SnapshotReader(SnapshotInput.of(channel), maxBytes).read();
    } catch (SnapshotException e) {
      throw new SnapshotException(e.problem(), file + ": " + e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new SnapshotException(Problem.UNAVAILABLE, file + ": no such file", e);
    } catch (IOException e) {
      throw new SnapshotException(
          Problem.UNAVAILABLE, file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return head + ", " + bytes() + " bytes";
  }
}
