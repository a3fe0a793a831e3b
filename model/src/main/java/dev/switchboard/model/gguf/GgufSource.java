package dev.switchboard.model.gguf;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import dev.switchboard.model.checkpoint.Tensor;

/** A GGUF file's metadata under its architecture's prefix, and its tensors. */
final class GgufSource {
  private static final int MAX_COUNT = 1 << 24;
  private static final int MAX_LAYERS = 1024;

  private final Checkpoint checkpoint;
  private final GgufMetadata metadata;
  private final String architecture;
  private final int layers;

  GgufSource(Checkpoint checkpoint, GgufMetadata metadata) {
    this.checkpoint = checkpoint;
    this.metadata = metadata;
    this.architecture = metadata.text("general.architecture");
    this.layers = metadata.count(key("block_count"), 1, MAX_LAYERS);
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  GgufMetadata metadata() {
    return metadata;
  }

  String architecture() {
    return architecture;
  }

  int layers() {
    return layers;
  }

  /** The full name of a key of this architecture. */
  String key(String name) {
    return architecture + '.' + name;
  }

  boolean has(String name) {
    return metadata.has(key(name));
  }

  boolean isList(String name) {
    return metadata.isList(key(name));
  }

  /** A whole number from 0 to 2^24. */
  int count(String name) {
    return metadata.count(key(name), 0, MAX_COUNT);
  }

  int count(String name, int fallback) {
    return has(name) ? count(name) : fallback;
  }

  double number(String name) {
    return metadata.number(key(name));
  }

  double number(String name, double fallback) {
    return metadata.number(key(name), fallback);
  }

  boolean flag(String name, boolean fallback) {
    return metadata.flag(key(name), fallback);
  }

  String text(String name, String fallback) {
    return metadata.text(key(name), fallback);
  }

  /** One number a layer, from a list or from one for all. */
  int[] perLayer(String name) {
    long[] each = metadata.perLayer(key(name), layers);
    int[] values = new int[layers];
    for (int i = 0; i < layers; i++) {
      if (each[i] < 0 || each[i] > MAX_COUNT) {
        throw error(name, each[i], "numbers from 0 to 2^24");
      }
      values[i] = (int) each[i];
    }
    return values;
  }

  /** The one number that holds for all layers, which a list may repeat. */
  int uniform(String name) {
    if (!isList(name)) {
      return count(name);
    }
    int[] values = perLayer(name);
    for (int value : values) {
      if (value != values[0]) {
        throw error(name, "different for each layer", "one number: layers of one size");
      }
    }
    return values[0];
  }

  /** The largest of all layers' numbers. */
  int largest(String name) {
    int most = 0;
    for (int value : perLayer(name)) {
      most = Math.max(most, value);
    }
    return most;
  }

  boolean holds(String tensor) {
    return checkpoint.find(tensor).isPresent();
  }

  /** Whether a layer has a tensor. */
  boolean holds(int layer, String name) {
    return holds("blk." + layer + '.' + name);
  }

  /** Whether any layer has a tensor. */
  boolean anyHolds(String name) {
    for (int i = 0; i < layers; i++) {
      if (holds(i, name)) {
        return true;
      }
    }
    return false;
  }

  /** Values of a small tensor that must be there. */
  float[] floats(String tensor, int length) {
    return checkpoint.tensor(tensor, length).toFloats();
  }

  /** Extent of a tensor that must be there. */
  int extent(String tensor, int axis) {
    Tensor found =
        checkpoint
            .find(tensor)
            .orElseThrow(
                () -> CheckpointException.in(metadata.file(), "tensor %s is missing", tensor));
    if (found.shape().size() <= axis || found.shape().get(axis) > MAX_COUNT) {
      throw CheckpointException.in(
          metadata.file(), "tensor %s has the shape %s", tensor, found.shape());
    }
    return found.dim(axis);
  }

  CheckpointException error(String name, Object found, String expected) {
    return CheckpointException.in(
        metadata.file(), "key %s is %s; expected %s", key(name), found, expected);
  }
}
