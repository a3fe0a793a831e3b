package dev.switchboard.model.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes GGUF files, version 3: the same tensors give the same bytes, and a reader never sees half
 * a file. A tensor's bytes are made when its turn comes, so that no model need fit into memory.
 */
public final class GgufWriter {
  private static final int VERSION = 3;
  private static final int MAX_AXES = 4;

  /** Takes the bytes of a tensor, from its start to its end, in pieces of any size. */
  public interface Sink {
    void write(MemorySegment bytes) throws IOException;
  }

  /** Makes the bytes of a tensor. */
  public interface Content {
    void writeTo(Sink sink) throws IOException;
  }

  /**
   * A tensor to be written.
   *
   * @param shape slowest first
   * @param content gives exactly {@code dtype.bytes(elements)} bytes
   */
  public record Item(String name, DType dtype, List<Long> shape, Content content) {
    public Item {
      shape = List.copyOf(shape);
    }

    /** A tensor as it is. */
    public static Item of(Tensor tensor) {
      return new Item(
          tensor.name(), tensor.dtype(), tensor.shape(), sink -> sink.write(tensor.data()));
    }

    long bytes() {
      return dtype.bytes(Tensor.elements(shape));
    }
  }

  private GgufWriter() {}

  /**
   * Writes to a temporary file beside the target, forces it to disk, then renames it over the
   * target. Tensors lie in the given order.
   *
   * @throws CheckpointException if it cannot be written, for want of space say; the target is then
   *     as it was
   * @throws IllegalArgumentException if two tensors have one name, or one has more than four axes
   */
  public static void write(Path target, GgufMetadata metadata, List<Item> items) {
    long alignment = alignment(metadata);
    byte[] head = head(metadata, items, alignment);
    long needed = head.length;
    for (Item item : items) {
      needed += padded(item.bytes(), alignment);
    }
    checkSpace(target, needed);
    AtomicFiles.write(
        target,
        channel -> {
          SafetensorsWriter.writeFully(channel, MemorySegment.ofArray(head));
          for (Item item : items) {
            write(channel, item, alignment);
          }
        });
  }

  static void write(FileChannel channel, Item item, long alignment) throws IOException {
    long begin = channel.position();
    long end = begin + item.bytes();
    item.content()
        .writeTo(bytes -> {
          if (bytes.byteSize() > end - channel.position()) {
            throw new IllegalStateException("tensor " + item.name() + " gives too many bytes");
          }
          SafetensorsWriter.writeFully(channel, bytes);
        });
    if (channel.position() != end) {
      throw new IllegalStateException(
          "tensor %s gave %s bytes of %s"
              .formatted(item.name(), channel.position() - begin, item.bytes()));
    }
    long rest = padded(item.bytes(), alignment) - item.bytes();
    SafetensorsWriter.writeFully(channel, MemorySegment.ofArray(new byte[(int) rest]));
  }

  private static long alignment(GgufMetadata metadata) {
    return metadata.integer(GgufHead.ALIGNMENT, GgufHead.DEFAULT_ALIGNMENT);
  }

  private static long padded(long bytes, long alignment) {
    return Math.ceilDiv(bytes, alignment) * alignment;
  }

  private static byte[] head(GgufMetadata metadata, List<Item> items, long alignment) {
    GgufEncoder head = new GgufEncoder();
    head.whole(GgufHead.MAGIC, Integer.BYTES);
    head.whole(VERSION, Integer.BYTES);
    head.whole(items.size(), Long.BYTES);
    head.whole(metadata.keys().size(), Long.BYTES);
    metadata.values().forEach(head::entry);
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (Item item : items) {
      if (!names.add(item.name()) || item.shape().size() > MAX_AXES) {
        throw new IllegalArgumentException(
            "tensor %s %s: a name of its own and at most %s axes are needed"
                .formatted(item.name(), item.shape(), MAX_AXES));
      }
      head.tensor(item.name(), item.dtype(), item.shape(), offset);
      offset += padded(item.bytes(), alignment);
    }
    head.pad(alignment);
    return head.bytes();
  }

  /** Said before an hour's work, not after it. */
  static void checkSpace(Path target, long needed) {
    Path folder = target.toAbsolutePath().getParent();
    try {
      if (folder == null || !Files.isDirectory(folder)) {
        return;
      }
      long free = Files.getFileStore(folder).getUsableSpace();
      if (free < needed) {
        throw CheckpointException.in(
            target, "cannot be written: needs %s bytes, %s has %s free", needed, folder, free);
      }
    } catch (IOException _) {
      // Not every system tells; then writing will.
    }
  }
}
