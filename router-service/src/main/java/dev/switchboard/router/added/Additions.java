package dev.switchboard.router.added;

import dev.switchboard.model.architecture.AddedExpert;
import java.util.List;
import java.util.Optional;

/** What gates need to know of experts beside the model's own. For any thread. */
public interface Additions {
  /** There are none. */
  Additions NONE =
      new Additions() {
        @Override
        public List<AddedExpert> first(int count) {
          return List.of();
        }

        @Override
        public Optional<String> problem(int count) {
          return count > 0
              ? Optional.of("no expert was added to the model (expert add)")
              : Optional.empty();
        }
      };

  /**
   * The first so many, in the order of their indices; fewer where there are not so many.
   *
   * @throws dev.switchboard.model.checkpoint.CheckpointException if the files of one cannot be had
   */
  List<AddedExpert> first(int count);

  /** Why one of the first so many cannot be called from here now; empty if all can. */
  Optional<String> problem(int count);
}
