package dev.switchboard.model.snapshot;

import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.snapshot.StatePart.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what {@link SnapshotForm} writes. No number of it is believed before it fits the bytes that
 * are really there, and nothing larger than those is ever allocated.
 */
final class SnapshotReader {
  private static final int LEAST_BYTES =
      SnapshotForm.CHUNK_HEAD_BYTES + SnapshotForm.PREAMBLE_BYTES;

  private final SnapshotInput input;
  private final long maxBytes;
  private final byte[] chunk = new byte[SnapshotForm.CHUNK_BYTES];
  private long fileBytes;
  private long contentBytes;
  private long contentLeft;
  private int stamp;
  private int index;
  private int at;
  private int end;

  SnapshotReader(SnapshotInput input, long maxBytes) {
    this.input = input;
    this.maxBytes = maxBytes;
  }

  SequenceSnapshot read() {
    try {
      fileBytes = input.bytes();
      return content(preamble());
    } catch (IOException e) {
      throw new SnapshotException(Problem.UNAVAILABLE, "cannot be read: " + e.getMessage(), e);
    }
  }

  /** The fixed numbers at the beginning. */
  private record Preamble(
      int nameBytes, int tokens, long read, int variants, int parts, int tokensCrc) {}

  private Preamble preamble() throws IOException {
    if (fileBytes > maxBytes) {
      throw new SnapshotException(
          Problem.TOO_LARGE,
          "%d bytes; states of more than %d are not accepted".formatted(fileBytes, maxBytes));
    }
    if (fileBytes < LEAST_BYTES) {
      throw truncated("a state has %d at least".formatted(LEAST_BYTES));
    }
    input.read(chunk, 0, LEAST_BYTES);
    ByteBuffer numbers = ByteBuffer.wrap(chunk, 0, LEAST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int length = numbers.getInt();
    int crc = numbers.getInt();
    if (numbers.getLong() != SnapshotForm.MAGIC) {
      throw damaged("not a state: it does not begin as one");
    }
    int format = numbers.getInt();
    if (format != SnapshotForm.FORMAT) {
      throw new SnapshotException(
          Problem.OTHER_FORMAT,
          "a state of format %d; this version reads format %d"
              .formatted(format, SnapshotForm.FORMAT));
    }
    int nameBytes = numbers.getInt();
    contentBytes = numbers.getLong();
    contentLeft = contentBytes;
    checkSize();
    firstChunk(length, crc);
    return numbers(nameBytes, numbers);
  }

  /** That as many bytes are there as the content says, before anything else is believed. */
  private void checkSize() {
    if (contentBytes < SnapshotForm.PREAMBLE_BYTES || contentBytes > Long.MAX_VALUE / 2) {
      throw damaged("its head says %d bytes of content".formatted(contentBytes));
    }
    long expected = SnapshotForm.fileBytes(contentBytes);
    if (fileBytes < expected) {
      throw truncated("its head says %d".formatted(expected));
    }
    if (fileBytes > expected) {
      throw damaged("%d bytes; its head says %d".formatted(fileBytes, expected));
    }
  }

  private void firstChunk(int length, int crc) throws IOException {
    int expected = (int) Math.min(SnapshotForm.CONTENT_BYTES, contentBytes);
    checkLength(length, expected);
    input.read(chunk, LEAST_BYTES, expected - SnapshotForm.PREAMBLE_BYTES);
    checkCrc(crc, SnapshotForm.CHUNK_HEAD_BYTES, expected);
    at = LEAST_BYTES;
    end = SnapshotForm.CHUNK_HEAD_BYTES + expected;
    contentLeft -= SnapshotForm.PREAMBLE_BYTES;
    stamp =
        SnapshotForm.crc(
            MemorySegment.ofArray(chunk)
                .asSlice(SnapshotForm.CHUNK_HEAD_BYTES, SnapshotForm.PREAMBLE_BYTES));
    index = 1;
  }

  private Preamble numbers(int nameBytes, ByteBuffer numbers) {
    long tokens = numbers.getLong();
    long read = numbers.getLong();
    int variants = numbers.getInt();
    int parts = numbers.getInt();
    int tokensCrc = numbers.getInt();
    boolean possible =
        nameBytes >= 0
            && nameBytes <= SnapshotForm.MAX_NAME_BYTES
            && variants >= 0
            && variants <= SnapshotForm.MAX_VARIANTS
            && parts >= 0
            && parts <= SnapshotForm.MAX_PARTS
            && tokens >= 0
            && tokens <= Integer.MAX_VALUE / Integer.BYTES
            && read >= 0
            && read <= tokens
            && tokens - read <= 1
            && (long) Integer.BYTES * tokens
                    + (long) Long.BYTES * variants
                    + (long) SnapshotForm.TABLE_BYTES * parts
                    + nameBytes
                <= contentLeft;
    if (!possible) {
      throw damaged(
          "%d bytes with %d tokens, %d of them read, %d rope variants and %d parts"
              .formatted(fileBytes, tokens, read, variants, parts));
    }
    return new Preamble(nameBytes, (int) tokens, read, variants, parts, tokensCrc);
  }

  private SequenceSnapshot content(Preamble preamble) throws IOException {
    SnapshotOrigin origin = origin(bytes(preamble.nameBytes));
    long[] variants = new long[preamble.variants];
    bytes(Math.multiplyExact(Long.BYTES, variants.length)).asLongBuffer().get(variants);
    int[] tokens = new int[preamble.tokens];
    fill(MemorySegment.ofArray(tokens));
    if (SnapshotForm.crc(MemorySegment.ofArray(tokens)) != preamble.tokensCrc) {
      throw damaged("the checksum of its tokens does not fit");
    }
    ByteBuffer table = bytes(Math.multiplyExact(SnapshotForm.TABLE_BYTES, preamble.parts));
    List<Row> rows = rows(table, preamble.parts, preamble.read);
    List<StatePart> parts = new ArrayList<>(rows.size());
    Arena arena = Arena.ofAuto();
    for (Row row : rows) {
      MemorySegment data =
          row.kind == Kind.KEYS_AND_VALUES
              ? arena.allocate(row.bytes, Long.BYTES)
              : MemorySegment.ofArray(new byte[Math.toIntExact(row.bytes)]);
      fill(data);
      parts.add(new StatePart(row.kind, row.layer, row.index, row.version, data));
    }
    List<Long> ropeVariants = Arrays.stream(variants).boxed().toList();
    return new SequenceSnapshot(
        new SnapshotHead(origin, preamble.read, tokens, ropeVariants), parts);
  }

  private record Row(Kind kind, int layer, int index, long version, long bytes) {}

  private List<Row> rows(ByteBuffer table, int count, long tokensRead) {
    List<Row> rows = new ArrayList<>(count);
    long left = contentLeft;
    for (int i = 0; i < count; i++) {
      int kind = table.getInt();
      int layer = table.getInt();
      int index = table.getInt();
      table.getInt();
      long version = table.getLong();
      long bytes = table.getLong();
      boolean small = bytes >= 0 && bytes <= left;
      if (kind < 0 || kind >= Kind.values().length || !small || !fits(layer, index, version)) {
        throw damaged(
            "part %d: kind %d, layer %d, index %d, version %d, %d of %d bytes"
                .formatted(i, kind, layer, index, version, bytes, left));
      }
      Kind known = Kind.values()[kind];
      if (version > tokensRead) {
        throw damaged("part %d: a state behind %d tokens, of %d".formatted(i, version, tokensRead));
      }
      if (known != Kind.KEYS_AND_VALUES && bytes > Integer.MAX_VALUE - 8) {
        throw damaged("part %d: %s of %d bytes".formatted(i, known, bytes));
      }
      left -= bytes;
      rows.add(new Row(known, layer, index, version, bytes));
    }
    if (left != 0) {
      throw damaged("%d bytes behind its parts".formatted(left));
    }
    return rows;
  }

  private static boolean fits(int layer, int index, long version) {
    return layer >= -1 && index >= 0 && version >= 0;
  }

  private SnapshotOrigin origin(ByteBuffer names) {
    try {
      int arithmetic = names.getInt();
      String model = text(names);
      String gate = text(names);
      String options = text(names);
      if (!names.hasRemaining()) {
        return new SnapshotOrigin(
            model, gate, arithmetic, options.isEmpty() ? List.of() : List.of(options.split(",")));
      }
    } catch (BufferUnderflowException e) {
      throw new SnapshotException(Problem.DAMAGED, "its names are cut off", e);
    }
    throw damaged("bytes behind its names");
  }

  private static String text(ByteBuffer names) {
    int length = names.getInt();
    if (length < 0 || length > names.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    names.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private ByteBuffer bytes(int count) throws IOException {
    ByteBuffer buffer = SnapshotForm.buffer(count);
    fill(MemorySegment.ofArray(buffer.array()));
    return buffer;
  }

  /** The next bytes of the content. */
  private void fill(MemorySegment into) throws IOException {
    long filled = 0;
    while (filled < into.byteSize()) {
      if (at == end) {
        nextChunk();
      }
      long some = Math.min(end - at, into.byteSize() - filled);
      MemorySegment.copy(MemorySegment.ofArray(chunk), at, into, filled, some);
      at += (int) some;
      filled += some;
    }
    contentLeft -= filled;
  }

  private void nextChunk() throws IOException {
    long before = (long) index * SnapshotForm.CONTENT_BYTES;
    int expected = (int) Math.min(SnapshotForm.CONTENT_BYTES, contentBytes - before);
    input.read(chunk, 0, SnapshotForm.CHUNK_HEAD_BYTES + expected);
    ByteBuffer head = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
    checkLength(head.getInt(), expected);
    checkCrc(head.getInt(), SnapshotForm.CHUNK_HEAD_BYTES, expected);
    at = SnapshotForm.CHUNK_HEAD_BYTES;
    end = at + expected;
    index++;
  }

  private void checkLength(int length, int expected) {
    if (length != expected) {
      throw damaged("chunk %d says %d bytes; expected %d".formatted(index, length, expected));
    }
  }

  private void checkCrc(int crc, int offset, int length) {
    if (SnapshotForm.chunkCrc(index, stamp, chunk, offset, length) != crc) {
      throw damaged("the checksum of chunk %d does not fit: it was changed".formatted(index));
    }
  }

  private SnapshotException truncated(String expected) {
    return new SnapshotException(
        Problem.TRUNCATED, "%d bytes, cut off: %s".formatted(fileBytes, expected));
  }

  private static SnapshotException damaged(String message) {
    return new SnapshotException(Problem.DAMAGED, message);
  }
}
