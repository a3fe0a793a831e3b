package dev.switchboard.training.twin;

import java.io.Serializable;

/** What an expert is made of. */
public sealed interface Backbone extends Serializable {
  /**
   * A gated feed-forward network.
   *
   * @param width units inside
   */
  record Ffn(int width) implements Backbone {
    public Ffn {
      TwinConfig.requirePositive("expertWidth", width);
    }
  }

  /**
   * A Mamba-2 block without convolution: it keeps a state, which its own tokens alone move.
   *
   * @param heads of the scan
   * @param headDim channels a head
   * @param state numbers of state a channel
   */
  record Mamba(int heads, int headDim, int state) implements Backbone {
    public Mamba {
      TwinConfig.requirePositive("heads of an expert", heads);
      TwinConfig.requirePositive("headDim of an expert", headDim);
      TwinConfig.requirePositive("state of an expert", state);
    }

    int inner() {
      return heads * headDim;
    }

    /** Rows of the input projection: z, x, B, C, dt. */
    int projected() {
      return 2 * inner() + 2 * state + heads;
    }
  }
}
