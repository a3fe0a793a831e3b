package dev.switchboard.node.shard;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.Placement;
import java.util.List;
import java.util.Optional;

/**
 * The units of a placement that are experts which the model's files do not have.
 *
 * @param first number of the first one; 0 if there are none
 * @param experts whose units follow each other
 */
public record AddedUnits(int first, List<ExpertBook.Added> experts) {
  /** No expert was added. */
  public static final AddedUnits NONE = new AddedUnits(0, List.of());

  public AddedUnits {
    experts = List.copyOf(experts);
  }

  /**
   * Those of a placement. Empty if the book is of another moment: placement and book are told
   * apart, so one of the two may be ahead.
   */
  static Optional<AddedUnits> of(Placement placement, ExpertBook book) {
    List<ExpertBook.Added> experts = book.addedTo(placement.model());
    if (experts.size() != placement.added()) {
      return Optional.empty();
    }
    return Optional.of(experts.isEmpty() ? NONE : new AddedUnits(placement.firstAdded(), experts));
  }

  /** The expert of a unit; empty if the unit is the model's own. */
  Optional<ExpertBook.Added> expert(int unit) {
    int at = unit - first;
    return at >= 0 && at < experts.size() ? Optional.of(experts.get(at)) : Optional.empty();
  }

  /** Names the content of a unit's expert; empty for the model's own. */
  String fingerprint(int unit) {
    return expert(unit).map(ExpertBook.Added::fingerprint).orElse("");
  }

  /**
   * All units, these among them.
   *
   * @param own of the model
   * @throws IllegalArgumentException if the placement is of other experts
   */
  ExpertUnits in(ExpertUnits own) {
    return experts.isEmpty() ? own : own.placed(first, experts.size());
  }
}
