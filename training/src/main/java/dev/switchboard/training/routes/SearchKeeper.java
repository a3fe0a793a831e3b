package dev.switchboard.training.routes;

import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.gate.GateAdam;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes states, whole or not at all, and finds the last one again. */
public final class SearchKeeper {
  private final Path file;
  private final String identity;
  private final int everySteps;

  /**
   * @param identity of everything that the search depends on; a state of another is refused
   * @param everySteps how often one is kept
   */
  public SearchKeeper(Path file, String identity, int everySteps) {
    if (everySteps < 1) {
      throw new IllegalArgumentException("checkpoint steps " + everySteps + "; expected 1 or more");
    }
    this.file = file;
    this.identity = identity;
    this.everySteps = everySteps;
  }

  /** A full disk must not end a search of hours: the older state stays. */
  void stepped(SearchState state) {
    if (state.step() % everySteps != 0) {
      return;
    }
    try {
      keep(state);
    } catch (CheckpointException e) {
      System.err.println("no checkpoint this time: " + e.getMessage());
    }
  }

  private void keep(SearchState state) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < state.now.size(); i++) {
      put(tensors, "now." + i, state.numbers(state.now.get(i)));
      put(tensors, "best." + i, state.numbers(state.best.get(i)));
      if (!state.adams.isEmpty()) {
        put(tensors, "first." + i, state.adams.get(i).first());
        put(tensors, "second." + i, state.adams.get(i).second());
      }
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("run", identity);
    metadata.put("least", text(state.least));
    metadata.put("variation", text(state.variation.stream().mapToDouble(v -> v).toArray()));
    metadata.put(
        "shares",
        Arrays.stream(state.shares).map(SearchKeeper::text).collect(Collectors.joining(";")));
    SafetensorsWriter.write(file, tensors, metadata);
  }

  private static String text(double[] values) {
    return Arrays.stream(values).mapToObj(Double::toString).collect(Collectors.joining(" "));
  }

  private static void put(Map<String, Tensor> tensors, String name, float[] values) {
    tensors.put(name, SafetensorsWriter.of(name, DType.F32, new long[] {values.length}, values));
  }

  /**
   * The state that was kept, or that one if there is none.
   *
   * @throws IOException if it is of another search: other routes, another model, other settings
   */
  SearchState resume(SearchState fresh) throws IOException {
    if (!Files.isRegularFile(file)) {
      return fresh;
    }
    try (SafetensorsFile in = SafetensorsFile.open(file)) {
      if (!identity.equals(in.metadata().get("run"))) {
        throw new IOException(
            "%s is of another search: %s; this one is %s"
                .formatted(file, in.metadata().get("run"), identity));
      }
      List<LayerGate> now = new ArrayList<>();
      List<LayerGate> best = new ArrayList<>();
      List<GateAdam> adams = new ArrayList<>();
      double[] variation = values(in, "variation");
      for (int i = 0; i < fresh.now.size(); i++) {
        LayerGate gate = fresh.now.get(i);
        int length = fresh.numbers(gate).length;
        now.add(fresh.with(gate, get(in, "now." + i, length)));
        best.add(fresh.with(gate, get(in, "best." + i, length)));
        if (!fresh.adams.isEmpty()) {
          float[] second = get(in, "second." + i, length);
          adams.add(new GateAdam(get(in, "first." + i, length), second, variation.length));
        }
      }
      SearchState state = new SearchState(fresh.first, now, best, adams, fresh.weights);
      double[] least = values(in, "least");
      System.arraycopy(least, 0, state.least, 0, Math.min(least.length, state.least.length));
      Arrays.stream(variation).forEach(state.variation::add);
      state.shares = shares(in);
      return state;
    } catch (NumberFormatException e) {
      throw new IOException(file + " is damaged: " + e.getMessage(), e);
    }
  }

  private double[][] shares(SafetensorsFile in) {
    String text = in.metadata().getOrDefault("shares", "");
    return text.isEmpty()
        ? new double[0][]
        : Arrays.stream(text.split(";")).map(SearchKeeper::numbers).toArray(double[][]::new);
  }

  private double[] values(SafetensorsFile in, String name) throws IOException {
    String text = in.metadata().get(name);
    if (text == null || text.isEmpty()) {
      throw new IOException(file + " has no " + name);
    }
    return numbers(text);
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  private float[] get(SafetensorsFile in, String name, int length) throws IOException {
    Tensor tensor = in.tensors().get(name);
    if (tensor == null || tensor.elements() != length) {
      throw new IOException(
          "%s: %s is %s; expected %d numbers"
              .formatted(file, name, tensor == null ? "missing" : tensor.shape(), length));
    }
    return tensor.toFloats();
  }

  /** Removes the state: the search is over. */
  public void drop() throws IOException {
    Files.deleteIfExists(file);
  }
}
