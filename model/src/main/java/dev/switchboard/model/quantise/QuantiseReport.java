package dev.switchboard.model.quantise;

import java.nio.file.Path;
import java.util.List;

/**
 * What was written.
 *
 * @param bytes size of the file
 * @param tensors in the file's order, each with its type and the reason for it
 */
public record QuantiseReport(Path out, long bytes, List<TypeChoice> tensors) {
  public QuantiseReport {
    tensors = List.copyOf(tensors);
  }
}
