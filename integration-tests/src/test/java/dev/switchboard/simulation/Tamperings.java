package dev.switchboard.simulation;

import com.google.protobuf.ByteString;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.node.runtime.StateException;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.RunState;
import dev.switchboard.proto.v1.SequenceRun;
import dev.switchboard.proto.weights.Checksums;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What the planted bugs do on the way of messages. */
final class Tamperings {
  private Tamperings() {}

  /** Every run is computed from where its state is, as if it had never come before. */
  static final class RepeatsCompute implements Tampering {
    @Override
    public ExpertBatchFrame toNode(NodeStream stream, ExpertBatchFrame batch) {
      NodeProcess node = stream.nodeOrGone();
      ExpertBatch.Builder header = batch.header().toBuilder();
      for (int i = 0; i < header.getGroupsCount(); i++) {
        ExpertGroup.Builder group = header.getGroupsBuilder(i);
        Optional<Held> held = node.held().find(header.getLayer(), group.getExpert());
        if (held.isPresent() && held.get().expert().stateful()) {
          for (SequenceRun.Builder run : group.getRunsBuilderList()) {
            now(node, run, held.get());
          }
        }
      }
      return new ExpertBatchFrame(header.build(), batch.activations());
    }

    private static void now(NodeProcess node, SequenceRun.Builder run, Held held) {
      if (run.getStateGiven() || run.getRowCount() == 0) {
        return;
      }
      try {
        long version = node.states().snapshot(run.getSequenceId(), held).version();
        run.setVersionBefore(version).setVersionAfter(version + run.getRowCount());
      } catch (StateException e) {
        // There is none: it begins with this run, as it should.
      }
    }
  }

  /** An answer's copies of states are those before, under the numbers of these. */
  static final class OldCopies implements Tampering {
    private static final int VERSION_AT = 6 * Integer.BYTES;

    private final Map<String, ByteString> last = new HashMap<>();
    private final Map<String, Integer> layers = new HashMap<>();

    @Override
    public ExpertBatchFrame toNode(NodeStream stream, ExpertBatchFrame batch) {
      layers.put(key(stream, batch.header().getId()), batch.header().getLayer());
      return batch;
    }

    private static String key(NodeStream stream, long id) {
      return id + " of " + stream.router().process();
    }

    @Override
    public ExpertResultFrame toRouter(NodeStream stream, ExpertResultFrame result) {
      ExpertResult.Builder header = result.header().toBuilder();
      int layer = layers.getOrDefault(key(stream, header.getId()), 0);
      for (int i = 0; i < header.getGroupsCount(); i++) {
        GroupResult.Builder group = header.getGroupsBuilder(i);
        for (RunState.Builder state : group.getStatesBuilderList()) {
          String of = state.getSequenceId() + ":" + layer + ":" + group.getExpert();
          ByteString now = state.getState();
          old(state, last.getOrDefault(of, now));
          last.put(of, now);
        }
      }
      return new ExpertResultFrame(header.build(), result.outputs());
    }

    private static void old(RunState.Builder state, ByteString before) {
      byte[] bytes = before.toByteArray();
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(VERSION_AT, state.getVersion());
      state.setState(ByteString.copyFrom(bytes)).setCrc32C(Checksums.crc32c(bytes));
    }
  }

  /** Every answer counts, whether another to the same rows has come before it or not. */
  static final class AddsTwice implements Tampering {
    private final Map<RouterProcess, Answers> underWay = new HashMap<>();

    /** Rows that were sent and answered in a router's call, of experts without states. */
    private static final class Answers {
      private final Map<Long, Map<Integer, Integer>> sent = new HashMap<>();
      private final Map<Integer, Integer> answered = new HashMap<>();
    }

    private Answers of(RouterProcess router) {
      return underWay.computeIfAbsent(router, r -> new Answers());
    }

    @Override
    public void begins(RouterProcess router) {
      underWay.remove(router);
    }

    @Override
    public ExpertBatchFrame toNode(NodeStream stream, ExpertBatchFrame batch) {
      Map<Integer, Integer> rows = new HashMap<>();
      for (ExpertGroup group : batch.header().getGroupsList()) {
        if (group.getRunsCount() == 0) {
          rows.put(group.getExpert(), group.getRowsCount());
        }
      }
      of(stream.router()).sent.put(batch.header().getId(), rows);
      return batch;
    }

    @Override
    public ExpertResultFrame toRouter(NodeStream stream, ExpertResultFrame result) {
      Answers answers = of(stream.router());
      Map<Integer, Integer> rows = answers.sent.getOrDefault(result.header().getId(), Map.of());
      for (GroupResult group : result.header().getGroupsList()) {
        if (group.getStatus() == GroupStatus.GROUP_STATUS_OK) {
          int some = rows.getOrDefault(group.getExpert(), 0);
          answers.answered.merge(group.getExpert(), some, Integer::sum);
        }
      }
      return result;
    }

    @Override
    public int times(RouterProcess router, MoeCall call, int expert) {
      int slots = 0;
      for (int slot = 0; slot < call.routing().experts().length; slot++) {
        boolean dead = call.dead()[slot / call.routing().topK()];
        slots += !dead && call.routing().experts()[slot] == expert ? 1 : 0;
      }
      return of(router).answered.getOrDefault(expert, 0) > slots ? 2 : 1;
    }
  }

  /** Nodes that are out leave the router's table. */
  static final class ForgetsThoseThatAreOut implements Tampering {
    @Override
    public void begins(RouterProcess router) {
      router.dispatch().forgetThoseThatAreOut();
    }
  }
}
