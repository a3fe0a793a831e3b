package dev.switchboard.model.reshape;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.GgufWriter.Item;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Tensors to be written, whose values are floats that are made some rows at a time. */
final class FloatItems {
  private static final int CHUNK_ELEMENTS = 1 << 20;

  /** Makes one row. For many threads at once. */
  interface Rows {
    void read(int row, float[] out, int at);
  }

  private final DType dtype;
  private final List<Item> items = new ArrayList<>();

  /**
   * @param dtype F32 or BF16
   */
  FloatItems(DType dtype) {
    this.dtype = dtype;
  }

  List<Item> items() {
    return items;
  }

  void vector(String name, float[] values) {
    items.add(Item.of(SafetensorsWriter.of(name, dtype, new long[] {values.length}, values)));
  }

  void matrix(String name, SourceMatrix matrix) {
    matrix(name, matrix.rows(), matrix.columns(), matrix::read, matrix::release);
  }

  /**
   * @param done called when all rows are written
   */
  void matrix(String name, int rows, int columns, Rows source, Runnable done) {
    items.add(
        new Item(
            name,
            dtype,
            List.of((long) rows, (long) columns),
            sink -> {
              int atOnce = Math.max(1, CHUNK_ELEMENTS / columns);
              for (int first = 0; first < rows; first += atOnce) {
                int count = Math.min(atOnce, rows - first);
                sink.write(chunk(name, source, first, count, columns));
              }
              done.run();
            }));
  }

  // size: some rows of one matrix
  private MemorySegment chunk(String name, Rows source, int first, int count, int columns) {
    float[] values = new float[Math.multiplyExact(count, columns)];
    IntStream.range(0, count)
        .parallel()
        .forEach(row -> source.read(first + row, values, row * columns));
    return SafetensorsWriter.of(name, dtype, new long[] {count, columns}, values).data();
  }

  /** A vector of one value. */
  static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }
}
