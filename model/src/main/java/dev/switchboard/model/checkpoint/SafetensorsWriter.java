package dev.switchboard.model.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors files: the same tensors give the same bytes, and a reader never sees half a
 * file.
 */
public final class SafetensorsWriter {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final long CHUNK_BYTES = 8L << 20;

  private SafetensorsWriter() {}

  /**
   * Writes to a temporary file beside the target, forces it to disk, then renames it over the
   * target. The table lists the tensors in the map's order; their data lie by falling element size,
   * so that each is aligned.
   *
   * @throws CheckpointException if it cannot be written; the target is then as it was
   */
  public static void write(Path target, Map<String, Tensor> inOrder, Map<String, String> metadata) {
    inOrder.forEach((name, tensor) -> {
      if (!name.equals(tensor.name())) {
        throw new IllegalArgumentException(
            "tensor " + tensor.name() + " was given under the name " + name);
      }
    });
    List<Tensor> layout = new ArrayList<>(inOrder.values());
    layout.sort(
        Comparator.comparingInt((Tensor tensor) -> tensor.dtype().elementBytes()).reversed());
    AtomicFiles.write(
        target,
        channel -> {
          writeFully(channel, header(inOrder, layout, metadata));
          for (Tensor tensor : layout) {
            writeFully(channel, tensor.data());
          }
        });
  }

  /**
   * A tensor from values; BF16 rounds to nearest, ties to even.
   *
   * @param dtype F32 or BF16
   * @param shape extents whose product is the number of values
   */
  public static Tensor of(String name, DType dtype, long[] shape, float[] values) {
    List<Long> extents = new ArrayList<>();
    for (long extent : shape) {
      extents.add(extent);
    }
    byte[] bytes = new byte[Math.toIntExact(dtype.bytes(values.length))];
    MemorySegment data = MemorySegment.ofArray(bytes);
    switch (dtype) {
      case F32 -> MemorySegment.copy(values, 0, data, Tensor.FLOAT, 0, values.length);
      case BF16 -> {
        for (int i = 0; i < values.length; i++) {
          data.set(Tensor.SHORT, 2L * i, BFloat16.fromFloat(values[i]));
        }
      }
      default ->
          throw new IllegalArgumentException(
              "tensor " + name + ": can make F32 or BF16, not " + dtype);
    }
    return new Tensor(name, dtype, extents, data);
  }

  /** Length and table, padded with spaces to a multiple of eight bytes. */
  static MemorySegment header(
      Map<String, Tensor> inOrder, List<Tensor> layout, Map<String, String> metadata)
      throws IOException {
    Map<String, Long> begins = new HashMap<>();
    long position = 0;
    for (Tensor tensor : layout) {
      begins.put(tensor.name(), position);
      position += tensor.byteSize();
    }
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator generator = FACTORY.createGenerator(json)) {
      generator.writeStartObject();
      if (!metadata.isEmpty()) {
        generator.writeObjectFieldStart("__metadata__");
        for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
          generator.writeStringField(entry.getKey(), entry.getValue());
        }
        generator.writeEndObject();
      }
      for (Tensor tensor : inOrder.values()) {
        writeEntry(generator, tensor, begins.getOrDefault(tensor.name(), 0L));
      }
      generator.writeEndObject();
    }
    while (json.size() % 8 != 0) {
      json.write(' ');
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(SafetensorsFile.PREFIX_BYTES + json.size())
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.size()).put(json.toByteArray()).flip();
    return MemorySegment.ofBuffer(bytes);
  }

  private static void writeEntry(JsonGenerator generator, Tensor tensor, long begin)
      throws IOException {
    generator.writeObjectFieldStart(tensor.name());
    generator.writeStringField("dtype", tensor.dtype().name());
    generator.writeArrayFieldStart("shape");
    for (long extent : tensor.shape()) {
      generator.writeNumber(extent);
    }
    generator.writeEndArray();
    generator.writeArrayFieldStart("data_offsets");
    generator.writeNumber(begin);
    generator.writeNumber(begin + tensor.byteSize());
    generator.writeEndArray();
    generator.writeEndObject();
  }

  static void writeFully(FileChannel channel, MemorySegment data) throws IOException {
    for (long offset = 0; offset < data.byteSize(); offset += CHUNK_BYTES) {
      ByteBuffer chunk =
          data.asSlice(offset, Math.min(CHUNK_BYTES, data.byteSize() - offset)).asByteBuffer();
      while (chunk.hasRemaining()) {
        channel.write(chunk);
      }
    }
  }
}
