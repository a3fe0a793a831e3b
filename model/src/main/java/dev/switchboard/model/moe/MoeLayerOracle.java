package dev.switchboard.model.moe;

import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import java.util.Arrays;
import java.util.List;

/** One MoE layer, token by token, in one process: every placement must give these bits. */
public final class MoeLayerOracle {
  private MoeLayerOracle() {}

  /**
   * The tokens of one sequence: {@code sum over the chosen, best first, of weight * expert(x)}.
   *
   * @param x {@code [tokens, dModel]}
   * @param gateLogits {@code [tokens, experts]}
   * @param states one an expert; moved by the tokens that it gets
   */
  public static float[] forward(
      Choice choice, List<Expert> experts, float[] x, float[] gateLogits, ExpertState[] states) {
    Scratch scratch = new Scratch();
    int d = experts.getFirst().dModel();
    int count = experts.size();
    float[] out = new float[x.length];
    float[] answer = new float[d];
    int[] chosen = new int[choice.topK()];
    float[] weights = new float[choice.topK()];
    for (int t = 0; t < x.length / d; t++) {
      float[] logits = Arrays.copyOfRange(gateLogits, t * count, (t + 1) * count);
      choice.choose(logits, 0, chosen, weights, 0, scratch);
      for (int rank = 0; rank < chosen.length; rank++) {
        int e = chosen[rank];
        experts.get(e).forward(x, t * d, 1, states[e], answer, 0, scratch);
        for (int i = 0; i < d; i++) {
          out[t * d + i] = Math.fma(weights[rank], answer[i], out[t * d + i]);
        }
      }
    }
    return out;
  }
}
