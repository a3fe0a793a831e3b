package dev.switchboard.simulation;

import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;

/** What is done to messages and sums where a bug is planted. */
interface Tampering {
  Tampering NONE = new Tampering() {};

  /** A router's next call begins. */
  default void begins(RouterProcess router) {}

  /** As the node takes it in. */
  default ExpertBatchFrame toNode(NodeStream stream, ExpertBatchFrame batch) {
    return batch;
  }

  /** As the router takes it in. */
  default ExpertResultFrame toRouter(NodeStream stream, ExpertResultFrame result) {
    return result;
  }

  /** How often an expert's answers to a call are added. */
  default int times(RouterProcess router, MoeCall call, int expert) {
    return 1;
  }
}
