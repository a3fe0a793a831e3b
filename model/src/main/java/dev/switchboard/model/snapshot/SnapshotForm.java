package dev.switchboard.model.snapshot;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * The written form, little-endian. The content is
 *
 * <pre>
 * preamble  magic (8 bytes), format (4), bytes of the names (4), bytes of the content (8),
 *           tokens (8), tokens read (8), rope variants (4), parts (4), CRC32C of the tokens (4), 0 (4)
 * names     arithmetic version (4), then model, gate, options joined by commas: length (4) and UTF-8
 * variants  8 bytes each
 * tokens    4 bytes each
 * table     of each part: kind (4), layer (4), index (4), 0 (4), version (8), bytes (8)
 * data      of the parts, one behind the other
 * </pre>
 *
 * <p>cut into chunks: length of what follows the head (4), checksum (4), content. All but the last
 * are of {@link #CHUNK_BYTES}. The checksum is CRC32C over the chunk's number (4), the checksum of
 * the preamble (4; 0 in the first chunk), and its content: so that chunks of two snapshots cannot
 * be mixed up.
 */
final class SnapshotForm {
  static final int CHUNK_BYTES = 1 << 20;
  static final int CHUNK_HEAD_BYTES = 8;
  static final int CONTENT_BYTES = CHUNK_BYTES - CHUNK_HEAD_BYTES;

  /** "SBSTATE" and a zero. */
  static final long MAGIC = 0x0045544154534253L;

  static final int FORMAT = 1;
  static final int PREAMBLE_BYTES = 56;
  static final int TABLE_BYTES = 32;

  /** Names are a few fingerprints and options. */
  static final int MAX_NAME_BYTES = 64 << 10;

  static final int MAX_VARIANTS = 4096;
  static final int MAX_PARTS = 1 << 24;

  private final List<MemorySegment> content;
  private final long[] starts;
  private final long contentBytes;
  private final int stamp;

  private SnapshotForm(List<MemorySegment> content, int stamp) {
    this.content = content;
    this.starts = new long[content.size()];
    long at = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = at;
      at += content.get(i).byteSize();
    }
    this.contentBytes = at;
    this.stamp = stamp;
  }

  static SnapshotForm of(SnapshotHead head, List<StatePart> parts) {
    byte[] names = names(head.origin());
    MemorySegment tokens = MemorySegment.ofArray(head.tokens());
    long bytes =
        headBytes(names.length, head.ropeVariants().size(), head.tokens().length, parts.size())
            + parts.stream().mapToLong(StatePart::bytes).sum();
    byte[] preamble = preamble(head, parts.size(), names.length, bytes, crc(tokens));
    List<MemorySegment> content = new ArrayList<>(parts.size() + 5);
    content.add(MemorySegment.ofArray(preamble));
    content.add(MemorySegment.ofArray(names));
    content.add(
        MemorySegment.ofArray(head.ropeVariants().stream().mapToLong(Long::longValue).toArray()));
    content.add(tokens);
    content.add(MemorySegment.ofArray(table(parts)));
    parts.forEach(part -> content.add(part.data()));
    return new SnapshotForm(content, crc(MemorySegment.ofArray(preamble)));
  }

  static long fileBytes(SnapshotOrigin origin, SequenceSnapshot.Sizes sizes) {
    int parts = sizes.fixed().length + sizes.blocks();
    long data =
        Math.addExact(
            Arrays.stream(sizes.fixed()).sum(),
            Math.multiplyExact(sizes.blockBytes(), sizes.blocks()));
    return fileBytes(
        headBytes(names(origin).length, sizes.ropeVariants(), sizes.tokens(), parts) + data);
  }

  /** Size of the written form of that much content. */
  static long fileBytes(long contentBytes) {
    return Math.addExact(
        contentBytes, Math.ceilDiv(contentBytes, CONTENT_BYTES) * CHUNK_HEAD_BYTES);
  }

  private static long headBytes(int nameBytes, int variants, int tokens, int parts) {
    return PREAMBLE_BYTES
        + nameBytes
        + (long) Long.BYTES * variants
        + (long) Integer.BYTES * tokens
        + (long) TABLE_BYTES * parts;
  }

  private static byte[] preamble(
      SnapshotHead head, int parts, int nameBytes, long contentBytes, int tokensCrc) {
    return buffer(PREAMBLE_BYTES)
        .putLong(MAGIC)
        .putInt(FORMAT)
        .putInt(nameBytes)
        .putLong(contentBytes)
        .putLong(head.tokens().length)
        .putLong(head.read())
        .putInt(head.ropeVariants().size())
        .putInt(parts)
        .putInt(tokensCrc)
        .putInt(0)
        .array();
  }

  private static byte[] names(SnapshotOrigin origin) {
    byte[] model = origin.model().getBytes(StandardCharsets.UTF_8);
    byte[] gate = origin.gate().getBytes(StandardCharsets.UTF_8);
    byte[] options = String.join(",", origin.options()).getBytes(StandardCharsets.UTF_8);
    return buffer(4 * Integer.BYTES + model.length + gate.length + options.length)
        .putInt(origin.arithmetic())
        .putInt(model.length)
        .put(model)
        .putInt(gate.length)
        .put(gate)
        .putInt(options.length)
        .put(options)
        .array();
  }

  private static byte[] table(List<StatePart> parts) {
    ByteBuffer table = buffer(Math.multiplyExact(TABLE_BYTES, parts.size()));
    for (StatePart part : parts) {
      table.putInt(part.kind().ordinal()).putInt(part.layer()).putInt(part.index()).putInt(0);
      table.putLong(part.version()).putLong(part.bytes());
    }
    return table.array();
  }

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static int crc(MemorySegment data) {
    CRC32C crc = new CRC32C();
    byte[] piece = new byte[(int) Math.min(64 << 10, data.byteSize())];
    for (long at = 0; at < data.byteSize(); at += piece.length) {
      int some = (int) Math.min(piece.length, data.byteSize() - at);
      MemorySegment.copy(data, at, MemorySegment.ofArray(piece), 0, some);
      crc.update(piece, 0, some);
    }
    return (int) crc.getValue();
  }

  /** Checksum of a chunk's content. */
  static int chunkCrc(int index, int stamp, byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(buffer(8).putInt(index).putInt(index == 0 ? 0 : stamp).array());
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }

  long fileBytes() {
    return fileBytes(contentBytes);
  }

  int chunks() {
    return Math.toIntExact(Math.ceilDiv(contentBytes, CONTENT_BYTES));
  }

  ByteBuffer chunk(int index) {
    Objects.checkIndex(index, chunks());
    long from = (long) index * CONTENT_BYTES;
    int length = (int) Math.min(CONTENT_BYTES, contentBytes - from);
    byte[] bytes = new byte[CHUNK_HEAD_BYTES + length];
    copy(from, bytes, CHUNK_HEAD_BYTES, length);
    int crc = chunkCrc(index, stamp, bytes, CHUNK_HEAD_BYTES, length);
    ByteBuffer chunk = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    chunk.putInt(0, length).putInt(4, crc);
    return chunk;
  }

  private void copy(long from, byte[] into, int offset, int length) {
    int at = Arrays.binarySearch(starts, from);
    // Of pieces without content that begin at the same place, whichever: they are passed over.
    int piece = at >= 0 ? at : -at - 2;
    int copied = 0;
    while (copied < length) {
      MemorySegment data = content.get(piece);
      long begin = from + copied - starts[piece];
      int some = (int) Math.min(length - copied, data.byteSize() - begin);
      MemorySegment.copy(data, begin, MemorySegment.ofArray(into), offset + copied, some);
      copied += some;
      piece++;
    }
  }
}
