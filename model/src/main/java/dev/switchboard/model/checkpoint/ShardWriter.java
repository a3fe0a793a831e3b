package dev.switchboard.model.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.GgufWriter.Item;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a model's weights as safetensors in the Hugging Face form: one file, or shards with an
 * index. A tensor's bytes are made when its turn comes, so that no model need fit into memory.
 */
public final class ShardWriter {
  /** As transformers cuts them. */
  public static final long DEFAULT_BYTES = 5_000_000_000L;

  private ShardWriter() {}

  /**
   * Writes the files into a folder that is there. Each appears under its name once it is whole, the
   * index last.
   *
   * @param shardBytes of weights in a file at the most, unless one tensor is larger
   * @return bytes of all weights
   * @throws CheckpointException if they cannot be written, for want of space say
   * @throws IllegalArgumentException if two tensors have one name, or shardBytes is not positive
   */
  public static long write(Path folder, List<Item> items, long shardBytes) {
    check(items, shardBytes);
    long all = items.stream().mapToLong(Item::bytes).sum();
    GgufWriter.checkSpace(folder.resolve("model.safetensors"), all);
    List<List<Item>> shards = cut(items, shardBytes);
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index.putObject("metadata").put("total_size", all);
    ObjectNode map = index.putObject("weight_map");
    for (int i = 0; i < shards.size(); i++) {
      String name =
          shards.size() == 1
              ? "model.safetensors"
              : "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      shard(folder.resolve(name), shards.get(i));
      shards.get(i).forEach(item -> map.put(item.name(), name));
    }
    if (shards.size() > 1) {
      JsonFiles.write(folder.resolve("model.safetensors.index.json"), index);
    }
    return all;
  }

  private static void check(List<Item> items, long shardBytes) {
    if (shardBytes < 1) {
      throw new IllegalArgumentException("shards of " + shardBytes + " bytes; expected some");
    }
    Set<String> names = new HashSet<>();
    for (Item item : items) {
      if (!names.add(item.name())) {
        throw new IllegalArgumentException("two tensors are called " + item.name());
      }
    }
  }

  private static List<List<Item>> cut(List<Item> items, long shardBytes) {
    List<List<Item>> shards = new ArrayList<>();
    List<Item> shard = new ArrayList<>();
    long bytes = 0;
    for (Item item : items) {
      if (!shard.isEmpty() && bytes + item.bytes() > shardBytes) {
        shards.add(shard);
        shard = new ArrayList<>();
        bytes = 0;
      }
      shard.add(item);
      bytes += item.bytes();
    }
    shards.add(shard);
    return shards;
  }

  private static void shard(Path file, List<Item> items) {
    // Wider elements first, so that each tensor is aligned.
    List<Item> layout = new ArrayList<>(items);
    layout.sort(Comparator.comparingInt((Item item) -> item.dtype().elementBytes()).reversed());
    Map<String, Tensor> table = new LinkedHashMap<>();
    items.forEach(item -> table.put(item.name(), shape(item)));
    AtomicFiles.write(
        file,
        channel -> {
          SafetensorsWriter.writeFully(
              channel,
              SafetensorsWriter.header(
                  table, layout.stream().map(ShardWriter::shape).toList(), Map.of("format", "pt")));
          for (Item item : layout) {
            GgufWriter.write(channel, item, 1);
          }
        });
  }

  private static Tensor shape(Item item) {
    return Tensor.elsewhere(item.name(), item.dtype(), item.shape());
  }
}
