package dev.switchboard.node.shard;

import dev.switchboard.model.expert.Expert;
import dev.switchboard.node.runtime.ServedModel;

/** Where experts come from. */
public interface ExpertSource {
  ServedModel model();

  /**
   * One expert, packed for computing.
   *
   * @throws RuntimeException with a message for the user, if its tensors are missing or wrong
   */
  Expert load(int layer, int index);
}
