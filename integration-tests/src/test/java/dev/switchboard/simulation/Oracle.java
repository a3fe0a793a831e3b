package dev.switchboard.simulation;

import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What each answer has to be, to the bit: every expert in one place, every state moved by its own
 * tokens, once and in order.
 */
final class Oracle {
  private final World world;
  private final SimModel model;
  private final Scratch scratch = new Scratch();
  private final Map<Long, Map<Integer, ExpertState>> states = new HashMap<>();
  private long slots;

  Oracle(World world, SimModel model) {
    this.world = world;
    this.model = model;
  }

  /** Answers that were compared. */
  long slots() {
    return slots;
  }

  /** Looks at all answers of a call that has ended; those that are named as lost are none. */
  void check(MoeCall call, MoeOutcome outcome, String router) {
    Set<Integer> lost = new HashSet<>();
    for (MoeOutcome.Lost each : outcome.lost()) {
      lost.add(each.token() * SimModel.MOST_EXPERTS + each.expert());
    }
    int topK = call.routing().topK();
    for (int token = 0; token < call.tokens(); token++) {
      for (int rank = 0; rank < topK && !call.dead()[token]; rank++) {
        int expert = call.routing().expert(token, rank);
        if (!lost.contains(token * SimModel.MOST_EXPERTS + expert)) {
          check(call, token, token * topK + rank, expert, router);
        }
      }
    }
  }

  private void check(MoeCall call, int token, int slot, int index, String router) {
    int width = SimModel.WIDTH;
    Expert expert = model.expert(call.layer(), index);
    long sequence = call.sequenceOfToken()[token];
    ExpertState state =
        expert.stateful()
            ? states
                .computeIfAbsent(sequence, s -> new HashMap<>())
                .computeIfAbsent(
                    call.layer() * SimModel.MOST_EXPERTS + index, key -> expert.newState())
            : ExpertState.NONE;
    float[] expected = new float[width];
    expert.forward(call.input(), token * width, 1, state, expected, 0, scratch);
    float[] answer = Arrays.copyOfRange(call.outputs(), slot * width, (slot + 1) * width);
    slots++;
    if (!Arrays.equals(expected, answer)) {
      world.violated(() ->
          "%s: sequence %d, position %d, layer %d, expert %d answered %s, not %s (state of %d)"
              .formatted(
                  router,
                  sequence,
                  call.positionOfToken()[token],
                  call.layer(),
                  index,
                  Arrays.toString(answer),
                  Arrays.toString(expected),
                  state.version()));
    }
  }

  void forget(long sequence) {
    states.remove(sequence);
  }
}
