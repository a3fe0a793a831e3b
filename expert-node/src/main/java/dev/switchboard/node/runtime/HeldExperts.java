package dev.switchboard.node.runtime;

import dev.switchboard.model.expert.Expert;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the node can compute at one moment: an immutable snapshot, swapped whole.
 *
 * @param model what is served
 * @param epoch of the placement that it was loaded for; 0 before the first
 * @param byIndex for each held expert index its experts, one a layer in the order of {@code
 *     model.layers()}
 */
public record HeldExperts(ServedModel model, long epoch, Map<Integer, List<Held>> byIndex) {
  /** One expert of one layer, with its counters. */
  public record Held(int layer, int index, Expert expert, ExpertCounters counters) {}

  public HeldExperts {
    byIndex = Map.copyOf(byIndex);
  }

  /** Nothing yet. */
  public static HeldExperts none(ServedModel model) {
    return new HeldExperts(model, 0, Map.of());
  }

  /** The expert, if it is held. */
  public Optional<Held> find(int layer, int index) {
    int at = model.layers().indexOf(layer);
    List<Held> layers = byIndex.get(index);
    return at < 0 || layers == null ? Optional.empty() : Optional.of(layers.get(at));
  }

  /** The same and more. */
  public HeldExperts plus(Map<Integer, List<Held>> more) {
    Map<Integer, List<Held>> all = new TreeMap<>(byIndex);
    all.putAll(more);
    return new HeldExperts(model, epoch, all);
  }

  /** The same without some. */
  public HeldExperts minus(List<Integer> indices) {
    Map<Integer, List<Held>> rest = new TreeMap<>(byIndex);
    indices.forEach(rest::remove);
    return new HeldExperts(model, epoch, rest);
  }

  /** The same under another epoch. */
  public HeldExperts at(long newEpoch) {
    return new HeldExperts(model, newEpoch, byIndex);
  }

  /** Indices held, ascending. */
  public SortedSet<Integer> indices() {
    return new TreeSet<>(byIndex.keySet());
  }

  /** All experts held, by layer and index. */
  public List<Held> all() {
    List<Held> all = new ArrayList<>();
    for (int i = 0; i < model.layers().size(); i++) {
      for (int index : indices()) {
        all.add(byIndex.getOrDefault(index, List.of()).get(i));
      }
    }
    return all;
  }
}
