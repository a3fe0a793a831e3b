package dev.switchboard.simulation;

import dev.switchboard.model.moe.Combine;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import java.util.Arrays;
import java.util.BitSet;

/** A layer's answers added up by production's combine, against the sum of each answer once. */
final class Sums {
  private final World world;
  private final Cluster cluster;

  Sums(Cluster cluster) {
    this.world = cluster.world();
    this.cluster = cluster;
  }

  void check(MoeCall call, MoeOutcome outcome, RouterProcess router) {
    BitSet incomplete = new BitSet();
    outcome.lost().forEach(lost -> incomplete.set(lost.token()));
    float[] sum = new float[call.tokens() * SimModel.WIDTH];
    Combine.weightedSum(call.routing(), SimModel.WIDTH, call.outputs(), sum);
    for (int token = 0; token < call.tokens(); token++) {
      if (!incomplete.get(token) && !call.dead()[token]) {
        tamper(call, token, router, sum);
        check(call, token, sum, router);
      }
    }
  }

  /** Adds answers that a planted bug adds once more. */
  private void tamper(MoeCall call, int token, RouterProcess router, float[] sum) {
    for (int rank = 0; rank < call.routing().topK(); rank++) {
      int times = cluster.tampering().times(router, call, call.routing().expert(token, rank));
      for (int more = 1; more < times; more++) {
        add(call, token, rank, sum, token * SimModel.WIDTH);
      }
    }
  }

  private static void add(MoeCall call, int token, int rank, float[] sum, int at) {
    int slot = token * call.routing().topK() + rank;
    for (int i = 0; i < SimModel.WIDTH; i++) {
      float answer = call.outputs()[slot * SimModel.WIDTH + i];
      sum[at + i] = Math.fma(call.routing().weights()[slot], answer, sum[at + i]);
    }
  }

  private void check(MoeCall call, int token, float[] sum, RouterProcess router) {
    float[] expected = new float[SimModel.WIDTH];
    for (int rank = 0; rank < call.routing().topK(); rank++) {
      add(call, token, rank, expected, 0);
    }
    int at = token * SimModel.WIDTH;
    if (!Arrays.equals(expected, Arrays.copyOfRange(sum, at, at + SimModel.WIDTH))) {
      world.violated(() ->
          "%s: the answers of sequence %d, position %d, layer %d are not each added once"
              .formatted(
                  router.process(),
                  call.sequenceOfToken()[token],
                  call.positionOfToken()[token],
                  call.layer()));
    }
  }
}
