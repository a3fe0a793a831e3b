package dev.switchboard.training.run;

import java.nio.file.Path;

/**
 * What {@code train experts} was asked for.
 *
 * @param data folder of domains
 * @param tokenizer tokenizer.json, gzipped or not
 * @param out model directory to write
 * @param joint budget of the phase that trains everything
 * @param alone budget of the phase that trains the experts alone
 * @param batch sequences of each domain in a step
 * @param sequence tokens of a sequence
 * @param longSequence tokens of every fourth step's sequences in the second half of the joint phase
 * @param threads threads of one operation
 */
public record ExpertSettings(
    Path data,
    Path tokenizer,
    Path out,
    Budget joint,
    Budget alone,
    int batch,
    int sequence,
    int longSequence,
    long seed,
    int threads,
    boolean resume,
    double checkpointMinutes,
    Rates rates) {
  /**
   * Peak learning rates.
   *
   * @param adam of vectors and the embedding
   * @param matrices of orthogonal updates; 0: AdamW for matrices too
   */
  public record Rates(double adam, double matrices, double decay) {}

  public ExpertSettings {
    if (batch <= 0 || sequence <= 0 || threads <= 0) {
      throw new IllegalArgumentException("batch, sequence and threads must be positive");
    }
    requireLength(sequence);
    requireLength(longSequence);
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
