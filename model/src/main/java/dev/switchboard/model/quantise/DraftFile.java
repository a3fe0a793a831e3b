package dev.switchboard.model.quantise;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.GgufMetadata;
import dev.switchboard.model.checkpoint.GgufWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A file to be written: what it says, and its tensors with the types chosen for them.
 *
 * @param source where the weights come from
 */
record DraftFile(
    Checkpoint source, GgufMetadata metadata, List<Draft> drafts, List<TypeChoice> choices) {
  /** Elements that are rounded before their bytes are written: some megabytes. */
  private static final int CHUNK_ELEMENTS = 4 << 20;

  void write(Path out, QuantiseProgress progress) {
    long all = 0;
    for (TypeChoice choice : choices) {
      all += choice.written().bytes(elements(choice.shape()));
    }
    long[] done = {0};
    long total = all;
    List<GgufWriter.Item> items = new ArrayList<>();
    for (int i = 0; i < drafts.size(); i++) {
      Draft draft = drafts.get(i);
      DType dtype = choices.get(i).written();
      items.add(
          new GgufWriter.Item(
              draft.name(),
              dtype,
              draft.shape(),
              sink -> {
                write(draft, dtype, sink);
                done[0] += dtype.bytes(elements(draft.shape()));
                progress.wrote(draft.name(), done[0], total);
              }));
    }
    GgufWriter.write(out, metadata, items);
  }

  private void write(Draft draft, DType dtype, GgufWriter.Sink sink) throws IOException {
    Tensor exact = draft.exact().orElse(null);
    if (exact != null && exact.dtype() == dtype) {
      source.requireFinite(exact.name(), 0, exact.elements());
      sink.write(exact.data());
      exact.release(0, exact.elements());
      return;
    }
    int columns = draft.columns();
    int rowBytes = Math.toIntExact(dtype.bytes(columns));
    int rowsAtOnce = Math.max(1, CHUNK_ELEMENTS / Math.max(1, columns));
    for (long first = 0; first < draft.rowCount(); first += rowsAtOnce) {
      int rows = (int) Math.min(rowsAtOnce, draft.rowCount() - first);
      byte[] bytes = new byte[Math.multiplyExact(rows, rowBytes)];
      long from = first;
      IntStream.range(0, rows)
          .parallel()
          .forEach(row -> round(draft, dtype, from + row, bytes, row * rowBytes));
      sink.write(MemorySegment.ofArray(bytes));
    }
    if (exact != null) {
      exact.release(0, exact.elements());
    }
  }

  // size: one row of one tensor to one place.
  private void round(Draft draft, DType dtype, long row, byte[] bytes, int to) {
    float[] values = new float[draft.columns()];
    draft.rows().read(row, values);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw CheckpointException.in(
            source.path(),
            "tensor %s holds NaN or infinity (row %s, column %s); expected finite weights",
            draft.name(),
            row,
            i);
      }
    }
    try {
      Quantiser.row(dtype, values, 0, values.length, bytes, to);
    } catch (ArithmeticException e) {
      throw new CheckpointException(
          "%s: tensor %s cannot be stored as %s: row %s: %s"
              .formatted(source.path(), draft.name(), dtype, row, e.getMessage()),
          e);
    }
  }

  private static long elements(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }
}
