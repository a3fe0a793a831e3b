package dev.switchboard.node.runtime;

import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;

/** What becomes of one group of a batch. */
sealed interface Verdict {
  ExpertGroup group();

  /** It is computed, by this expert. */
  record Compute(ExpertGroup group, Held held) implements Verdict {}

  /** It is refused, and nothing of it is done. */
  record Refuse(ExpertGroup group, GroupStatus status, String message, long stateVersion)
      implements Verdict {
    GroupResult result() {
      return GroupResult.newBuilder()
          .setExpert(group.getExpert())
          .setStatus(status)
          .setMessage(message)
          .setStateVersion(stateVersion)
          .build();
    }
  }
}
