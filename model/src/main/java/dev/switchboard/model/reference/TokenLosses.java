package dev.switchboard.model.reference;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.ForwardProbe;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.sampling.LogProbs;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/** What a model makes of each token of a sequence, given all before it. */
final class TokenLosses implements AutoCloseable {
  /** Rows whose logits are computed at once. */
  private static final int ROWS = 64;

  private final int vocabulary;
  private final LocalExperts experts;
  private final Trunk trunk;
  private final ForwardPass pass;
  private long sequences;

  /**
   * @param crew led by the calling thread
   */
  TokenLosses(Model model, Crew crew) {
    vocabulary = model.plan().vocabulary();
    experts = model.localExperts(crew);
    trunk = model.trunk();
    pass = new ForwardPass(trunk, experts, ForwardProbe.NONE, crew);
  }

  /**
   * Reads {@code ids} from a fresh state.
   *
   * @param from first token that is scored, 1 at least
   * @param mask experts that may not be woken
   * @param progress told how many tokens have been scored, now and then
   * @return negative logarithms of the probabilities of the tokens {@code [from, ids.length)}
   */
  double[] of(int[] ids, int from, ExpertMask mask, IntConsumer progress) {
    long id = sequences++;
    double[] nats = new double[ids.length - from];
    try (SequenceState sequence =
        trunk.newSequence(id, ids.length, trunk.usualGates().without(mask))) {
      if (from > 1) {
        run(new StepSegment(sequence, Arrays.copyOf(ids, from - 1), Logits.NONE));
      }
      for (int at = from - 1; at < ids.length - 1; at += ROWS) {
        int end = Math.min(ids.length - 1, at + ROWS);
        int[] rows = Arrays.copyOfRange(ids, at, end);
        float[] logits = run(new StepSegment(sequence, rows, Logits.ALL)).logits()[0];
        for (int row = 0; row < rows.length; row++) {
          float[] one = Arrays.copyOfRange(logits, row * vocabulary, (row + 1) * vocabulary);
          nats[at + row - from + 1] = -LogProbs.of(one).of(ids[at + row + 1]);
        }
        progress.accept(end - from + 1);
      }
    } finally {
      experts.release(id);
    }
    return nats;
  }

  private StepResult run(StepSegment segment) {
    StepResult result = pass.run(List.of(segment));
    result
        .failure(0)
        .ifPresent(failure -> {
          throw new IllegalStateException(failure.reason());
        });
    return result;
  }

  @Override
  public void close() {
    experts.close();
  }
}
