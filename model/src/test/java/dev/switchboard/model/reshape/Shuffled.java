package dev.switchboard.model.reshape;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** A Mixtral whose experts' units stand in another order each: the same functions. */
final class Shuffled {
  private static final Pattern EXPERT = Pattern.compile("(.*experts\\.\\d+\\.)w([123])\\.weight");

  private Shuffled() {}

  static void units(Path folder) {
    Map<String, Tensor> shuffled = new LinkedHashMap<>();
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      for (String name : checkpoint.names()) {
        Tensor tensor = checkpoint.find(name).orElseThrow();
        Matcher expert = EXPERT.matcher(name);
        shuffled.put(name, expert.matches() ? shuffled(tensor, expert) : tensor.inMemory());
      }
    }
    SafetensorsWriter.write(folder.resolve("model.safetensors"), shuffled, Map.of());
  }

  private static Tensor shuffled(Tensor tensor, Matcher expert) {
    boolean down = expert.group(2).equals("2");
    int rows = tensor.dim(0);
    int columns = tensor.dim(1);
    List<Integer> order =
        new ArrayList<>(IntStream.range(0, down ? columns : rows).boxed().toList());
    Collections.shuffle(order, new Random(expert.group(1).hashCode()));
    float[] from = tensor.toFloats();
    float[] to = new float[from.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int source = down ? row * columns + order.get(column) : order.get(row) * columns + column;
        to[row * columns + column] = from[source];
      }
    }
    return SafetensorsWriter.of(tensor.name(), tensor.dtype(), new long[] {rows, columns}, to);
  }
}
