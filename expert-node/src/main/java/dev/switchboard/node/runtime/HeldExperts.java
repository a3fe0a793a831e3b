package dev.switchboard.node.runtime;

import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.model.expert.Expert;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What the node can compute at one moment: an immutable snapshot, swapped whole.
 *
 * @param model what is served
 * @param epoch of the placement that it was loaded for; 0 before the first
 * @param byUnit for each held unit its experts, by layer
 */
public record HeldExperts(ServedModel model, long epoch, Map<Integer, List<Held>> byUnit) {
  /**
   * One expert of one layer, with its counters.
   *
   * @param fingerprint of an expert that was added to the model; empty for the model's own
   * @param slumber whether it is awake
   */
  public record Held(
      int layer,
      int index,
      Expert expert,
      ExpertCounters counters,
      String fingerprint,
      Slumber slumber) {}

  public HeldExperts {
    byUnit = Map.copyOf(byUnit);
  }

  /** Nothing yet. */
  public static HeldExperts none(ServedModel model) {
    return new HeldExperts(model, 0, Map.of());
  }

  /** The expert, if it is held. */
  public Optional<Held> find(int layer, int index) {
    for (Held held : byUnit.getOrDefault(model.units().unitOf(layer, index), List.of())) {
      if (held.layer() == layer) {
        return Optional.of(held);
      }
    }
    return Optional.empty();
  }

  /** The same of a model with other units; what is held keeps its numbers. */
  public HeldExperts serving(ExpertUnits units) {
    return new HeldExperts(
        new ServedModel(model.fingerprint(), units, model.widths()), epoch, byUnit);
  }

  /** The same and more. */
  public HeldExperts plus(Map<Integer, List<Held>> more) {
    Map<Integer, List<Held>> all = new TreeMap<>(byUnit);
    all.putAll(more);
    return new HeldExperts(model, epoch, all);
  }

  /** The same without some units. */
  public HeldExperts minus(List<Integer> units) {
    Map<Integer, List<Held>> rest = new TreeMap<>(byUnit);
    units.forEach(rest::remove);
    return new HeldExperts(model, epoch, rest);
  }

  /** The same under another epoch. */
  public HeldExperts at(long newEpoch) {
    return new HeldExperts(model, newEpoch, byUnit);
  }

  /** Indices held in a layer, ascending. */
  public SortedSet<Integer> indices(int layer) {
    SortedSet<Integer> indices = new TreeSet<>();
    for (List<Held> unit : byUnit.values()) {
      for (Held held : unit) {
        if (held.layer() == layer) {
          indices.add(held.index());
        }
      }
    }
    return indices;
  }

  /** Memory of the experts held, in bytes. */
  public long packedBytes() {
    return all().mapToLong(held -> held.expert().packedBytes()).sum();
  }

  /** Experts of single layers. */
  public long experts() {
    return all().count();
  }

  /** Of those, such that sleep. */
  public long asleep() {
    return all().filter(held -> held.slumber().asleep()).count();
  }

  /** Bytes that those have given back. */
  public long asleepBytes() {
    return all()
        .filter(held -> held.slumber().asleep())
        .mapToLong(held -> held.slumber().bytes())
        .sum();
  }

  private Stream<Held> all() {
    return byUnit.values().stream().flatMap(Collection::stream);
  }
}
