package dev.switchboard.router.added;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.architecture.AddedExpert;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * The experts that the cluster has added to the model, as its view shows them.
 *
 * @param added now
 * @param callable whether an expert of that index can be called from here now
 */
public record ClusterAdditions(
    Supplier<List<ExpertBook.Added>> added, AddedShelf shelf, IntPredicate callable)
    implements Additions {
  @Override
  public List<AddedExpert> first(int count) {
    return added.get().stream().limit(count).map(shelf::get).toList();
  }

  @Override
  public Optional<String> problem(int count) {
    List<ExpertBook.Added> now = added.get();
    if (now.size() < count) {
      return Optional.of(
          "they choose from %d experts more than the model has of its own; %d were added (expert add)"
              .formatted(count, now.size()));
    }
    return now.stream()
        .limit(count)
        .filter(expert -> !callable.test(expert.index()))
        .findFirst()
        .map(expert ->
            "expert %s (index %d) has no node that this router can send to"
                .formatted(expert.name(), expert.index()));
  }
}
