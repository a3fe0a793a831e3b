package dev.switchboard.proto.weights;

import dev.switchboard.proto.v1.ManifestHeader;
import dev.switchboard.proto.v1.ManifestPart;
import dev.switchboard.proto.v1.TensorEntry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A model's tensors as they are given away: what they are called, and their bytes. */
public final class WeightTable {
  /** Entries of one message: some hundred kilobytes. */
  private static final int ENTRIES = 4096;

  private final ManifestHeader.Builder header;
  private final List<TensorEntry> entries = new ArrayList<>();
  private final Map<String, MemorySegment> data = new LinkedHashMap<>();

  /**
   * @param config the model's configuration, as JSON
   */
  public WeightTable(String fingerprint, String name, String config) {
    this.header =
        ManifestHeader.newBuilder()
            .setModelFingerprint(fingerprint)
            .setName(name)
            .setConfig(config);
  }

  /**
   * Adds a tensor.
   *
   * @param bytes must stay readable as long as the table is served
   */
  public void add(String name, String dtype, List<Long> shape, MemorySegment bytes) {
    entries.add(TensorEntry.newBuilder().setName(name).setDtype(dtype).addAllShape(shape).build());
    data.put(name, bytes);
  }

  String fingerprint() {
    return header.getModelFingerprint();
  }

  /** The tensor's bytes, or null if there is none of that name. */
  @Nullable MemorySegment find(String tensor) {
    return data.get(tensor);
  }

  List<ManifestPart> manifest() {
    List<ManifestPart> parts = new ArrayList<>();
    for (int first = 0; first == 0 || first < entries.size(); first += ENTRIES) {
      ManifestPart.Builder part = ManifestPart.newBuilder();
      if (first == 0) {
        part.setHeader(header.setTensors(entries.size()));
      }
      part.addAllTensors(entries.subList(first, Math.min(entries.size(), first + ENTRIES)));
      parts.add(part.build());
    }
    return parts;
  }
}
