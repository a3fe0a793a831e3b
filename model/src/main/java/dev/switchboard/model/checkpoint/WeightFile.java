package dev.switchboard.model.checkpoint;

import java.nio.file.Path;
import java.util.Map;

/** One mapped file of tensors. */
sealed interface WeightFile extends AutoCloseable permits SafetensorsFile, GgufPart {
  Path path();

  /** By name, in the order of the file's table. */
  Map<String, Tensor> tensors();

  /** Unmaps the file; its tensors' data must not be read afterwards. */
  @Override
  void close();
}
