package dev.switchboard.model.sampling;

import java.util.Arrays;

/**
 * Lowers the logits of tokens that were there before: repetition, then frequency, then presence.
 */
final class Penalties {
  private Penalties() {}

  /**
   * A penalised copy.
   *
   * @param history the prompt, then what was generated
   * @param generatedFrom index of the first generated token: repetition counts all, the other two
   *     these alone
   */
  static float[] apply(float[] logits, SamplingParams params, int[] history, int generatedFrom) {
    float[] penalised = logits.clone();
    int[] all = sorted(history, 0, logits.length);
    int[] generated = sorted(history, generatedFrom, logits.length);
    for (int i = 0; i < all.length; i = endOfRun(all, i)) {
      float logit = penalised[all[i]];
      penalised[all[i]] =
          logit > 0 ? logit / params.repetitionPenalty() : logit * params.repetitionPenalty();
    }
    for (int i = 0; i < generated.length; ) {
      int end = endOfRun(generated, i);
      float logit = penalised[generated[i]] - params.frequencyPenalty() * (end - i);
      penalised[generated[i]] = logit - params.presencePenalty();
      i = end;
    }
    return penalised;
  }

  private static int[] sorted(int[] history, int from, int vocabulary) {
    int[] ids = Arrays.copyOfRange(history, from, history.length);
    Arrays.sort(ids);
    if (ids.length > 0 && (ids[0] < 0 || ids[ids.length - 1] >= vocabulary)) {
      int wrong = ids[0] < 0 ? ids[0] : ids[ids.length - 1];
      throw new IllegalArgumentException(
          "token " + wrong + " in the history; expected 0 to " + (vocabulary - 1));
    }
    return ids;
  }

  private static int endOfRun(int[] sorted, int start) {
    int end = start + 1;
    while (end < sorted.length && sorted[end] == sorted[start]) {
      end++;
    }
    return end;
  }
}
