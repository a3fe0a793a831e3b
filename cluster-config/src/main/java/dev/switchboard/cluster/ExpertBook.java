package dev.switchboard.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What has been said about experts while the deployment runs: those that were added to the model's
 * own, and those that nobody may wake. One value for all processes, changed by compare-and-set.
 *
 * @param epoch grows with every change
 * @param model fingerprint of the model; empty before the first change
 * @param added behind the model's own experts, in order
 * @param disabled indices, ascending
 */
public record ExpertBook(long epoch, String model, List<Added> added, List<Integer> disabled) {
  /** Nothing has been said. */
  public static final ExpertBook EMPTY = new ExpertBook(0, "", List.of(), List.of());

  /**
   * An expert that the model's files do not have.
   *
   * @param name of its domain
   * @param index in every layer
   * @param fingerprint of its content
   * @param path of its folder, as the router that it was given to knows it; nodes that cannot read
   *     it there fetch its bytes from a router
   */
  public record Added(String name, int index, String fingerprint, String path) {}

  public ExpertBook {
    added = List.copyOf(added);
    disabled = List.copyOf(new TreeSet<>(disabled));
    for (int i = 1; i < added.size(); i++) {
      if (added.get(i).index() != added.getFirst().index() + i) {
        throw new IllegalArgumentException("added experts are not in a row: " + added);
      }
    }
  }

  /** The experts that were added to that model, in order; none if this is about another. */
  public List<Added> addedTo(String fingerprint) {
    return model.equals(fingerprint) ? added : List.of();
  }

  /** The same of a model with one more expert behind the others. */
  public ExpertBook with(String of, Added expert) {
    List<Added> more = new ArrayList<>(added);
    more.add(expert);
    return new ExpertBook(epoch + 1, of, more, disabled);
  }

  /** The same without the expert that was added last. */
  public ExpertBook withoutLast() {
    int last = added.getLast().index();
    return new ExpertBook(
        epoch + 1,
        model,
        added.subList(0, added.size() - 1),
        disabled.stream().filter(expert -> expert != last).toList());
  }

  /** The same of a model, with exactly these disabled. */
  public ExpertBook disabling(String of, List<Integer> experts) {
    return new ExpertBook(epoch + 1, of, added, experts);
  }

  /** The added expert of that index. */
  public Optional<Added> expert(int index) {
    return added.stream().filter(expert -> expert.index() == index).findFirst();
  }
}
