package dev.switchboard.training.run;

import java.io.Serializable;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@code train experts} was asked for.
 *
 * @param out model directory to write
 * @param init model directory whose weights the run starts from; null: random weights
 * @param joint budget of the phase that trains everything
 * @param alone budget of the phase that trains the experts alone
 * @param patience checkpoints without a better held-out loss after which a phase ends; 0: never
 * @param threads that compute side by side, each on its share of the domains
 */
public record ExpertSettings(
    Path out,
    @Nullable Path init,
    Budget joint,
    Budget alone,
    Reading reading,
    long seed,
    int threads,
    boolean resume,
    double checkpointMinutes,
    int patience,
    Rates rates) {
  /**
   * What a step reads.
   *
   * @param batch sequences of each domain in a step
   * @param sequence tokens of a sequence
   * @param longSequence tokens of every fourth step's sequences in the second half of the joint
   *     phase
   */
  public record Reading(int batch, int sequence, int longSequence) implements Serializable {
    public Reading {
      if (batch <= 0 || sequence <= 0) {
        throw new IllegalArgumentException("batch and sequence must be positive");
      }
      requireLength(sequence);
      requireLength(longSequence);
    }

    /** Sequences of each domain at that length: about the same number of tokens a step. */
    int rows(int length) {
      return Math.max(1, batch * sequence / length);
    }
  }

  /**
   * Peak learning rates.
   *
   * @param adam of vectors and the embedding
   * @param matrices of orthogonal updates; 0: AdamW for matrices too
   * @param decay of weights
   * @param level part of a phase after which the rates fall
   */
  public record Rates(double adam, double matrices, double decay, double level)
      implements Serializable {
    public Rates {
      if (!(level >= 0 && level <= 1)) {
        throw new IllegalArgumentException("rates that fall after " + level + " of a phase");
      }
    }
  }

  public ExpertSettings {
    if (threads <= 0) {
      throw new IllegalArgumentException("threads must be positive");
    }
  }

  /** The joint phase alone. */
  public ExpertSettings withoutExperts() {
    return new ExpertSettings(
        out,
        init,
        joint,
        new Budget(0, 0),
        reading,
        seed,
        threads,
        resume,
        checkpointMinutes,
        patience,
        rates);
  }

  private static void requireLength(int length) {
    if (length > 64 && length % 64 != 0) {
      throw new IllegalArgumentException(
          "a sequence of " + length + " tokens: more than 64 must be a multiple of 64");
    }
  }

  /** Where the run keeps what a resumed run needs. */
  Path checkpoint() {
    return out.resolveSibling(out.getFileName() + ".checkpoint");
  }
}
