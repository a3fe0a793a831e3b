package dev.switchboard.model.layer;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.kernel.PackedMatrix;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** Tensors among the test resources. */
public final class GoldenTensors {
  private final Checkpoint checkpoint;

  public GoldenTensors(String resource) {
    try {
      this.checkpoint =
          Checkpoint.open(
              Path.of(Objects.requireNonNull(GoldenTensors.class.getResource(resource)).toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public float[] floats(String name) {
    return checkpoint.find(name).orElseThrow().toFloats();
  }

  public PackedMatrix matrix(String name) {
    int rows = checkpoint.find(name).orElseThrow().dim(0);
    int columns = checkpoint.find(name).orElseThrow().dim(1);
    return PackedMatrix.ofFloats(rows, columns, floats(name));
  }
}
