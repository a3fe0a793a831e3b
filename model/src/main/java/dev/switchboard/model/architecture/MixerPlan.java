package dev.switchboard.model.architecture;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** What mixes along the sequence. */
public sealed interface MixerPlan {
  /**
   * Mamba-2: tensors {@code prefix + "conv1d.weight"}, {@code "A_log"} or {@code "A"}, {@code "D"},
   * {@code "dt_bias"}, {@code "norm.weight"} and the two projections.
   *
   * @param prefix ends with a dot
   * @param in {@code [2 * inner + 2 * groups * stateSize + heads, dModel]}
   * @param out {@code [dModel, inner]}
   * @param convBias whether there is {@code prefix + "conv1d.bias"}
   */
  record Mamba2(
      String prefix,
      Scan scan,
      Decay decay,
      LinearPlan in,
      LinearPlan out,
      int convKernel,
      boolean convBias)
      implements MixerPlan {
    /** Channels of the convolution: x, B and C. */
    public int channels() {
      return scan.inner() + 2 * scan.groups() * scan.stateSize();
    }
  }

  /** How a file holds A, the rates of decay: all are negative. */
  enum Decay {
    /** {@code A_log}: A is -exp of it. */
    LOGARITHMS("A_log"),
    /** {@code A} itself, as GGUF files do. */
    VALUES("A");

    private final String tensor;

    Decay(String tensor) {
      this.tensor = tensor;
    }

    /** What follows the prefix in the tensor's name. */
    public String tensor() {
      return tensor;
    }
  }

  /**
   * Sizes of a Mamba-2 recurrence.
   *
   * @param normEps of the gated norm
   * @param stepMin lower bound of dt after softplus; 0: none
   * @param stepMax upper bound; infinity: none
   */
  record Scan(
      int heads,
      int headDim,
      int stateSize,
      int groups,
      float normEps,
      float stepMin,
      float stepMax) {
    /** Width inside the mixer: heads x headDim. */
    public int inner() {
      return heads * headDim;
    }
  }

  /**
   * Mamba-1 (S6): {@code in} gives x and z; {@code prefix + "conv1d.weight"}; {@code steps} gives
   * dt, B and C; {@code stepProjection} widens dt to inner; {@code "A_log"} or {@code "A"} {@code
   * [inner, stateSize]}, {@code "D"} {@code [inner]}.
   *
   * @param steps {@code [stepRank + 2 * stateSize, inner]}
   * @param stepProjection {@code [inner, stepRank]}, with bias
   * @param norms of dt, B and C (Jamba); empty: none
   */
  record Mamba1(
      String prefix,
      Selective sizes,
      Decay decay,
      LinearPlan in,
      LinearPlan steps,
      LinearPlan stepProjection,
      LinearPlan out,
      boolean convBias,
      Optional<StepNorms> norms)
      implements MixerPlan {}

  /** Sizes of a Mamba-1 recurrence. */
  record Selective(int inner, int stateSize, int stepRank, int convKernel) {}

  /** Jamba's RMS norms inside a Mamba-1 mixer. */
  record StepNorms(NormPlan dt, NormPlan b, NormPlan c) {}

  /**
   * Grouped-query attention.
   *
   * @param q {@code [heads * headDim, dModel]}
   * @param k {@code [kvHeads * headDim, dModel]}; v alike
   * @param out {@code [dModel, heads * headDim]}
   * @param scale of the products of queries and keys
   * @param rope empty: positions are not encoded
   * @param norms of q and k; empty: none
   * @param window key j is seen from i if i - j is less; empty: all are
   * @param sinks tensor {@code [heads]}: an extra logit in the softmax's denominator; empty: none
   * @param clip bound of q, k and v before heads are split; empty: none
   */
  record Attention(
      LinearPlan q,
      LinearPlan k,
      LinearPlan v,
      LinearPlan out,
      Heads heads,
      float scale,
      Optional<RopePlan> rope,
      Optional<HeadNorms> norms,
      OptionalInt window,
      Optional<String> sinks,
      OptionalDouble clip)
      implements MixerPlan {}

  /** Numbers of heads and their width. */
  record Heads(int query, int keyValue, int dim) {
    public Heads {
      if (query % keyValue != 0) {
        throw new IllegalArgumentException(keyValue + " key heads do not divide " + query);
      }
    }
  }

  /** RMS norms of q and k before rope: over each head, or over the whole projection. */
  record HeadNorms(NormPlan q, NormPlan k) {}

  /**
   * Multi-head latent attention (DeepSeek-V2, section 2.1).
   *
   * @param queryDown {@code [queryRank, dModel]} and its norm; empty: {@code query} reads dModel
   * @param query {@code [heads * (nope + rope), queryRank or dModel]}
   * @param latentDown {@code [latentRank + rope, dModel]}: the latent, then the key's rope part
   * @param latentNorm of width latentRank
   * @param latentUp {@code [heads * (nope + valueDim), latentRank]}: by head, key then value
   * @param out {@code [dModel, heads * valueDim]}
   */
  record LatentAttention(
      Optional<QueryDown> queryDown,
      LinearPlan query,
      LinearPlan latentDown,
      NormPlan latentNorm,
      MatrixPlan latentUp,
      LinearPlan out,
      LatentHeads heads,
      float scale,
      RopePlan rope)
      implements MixerPlan {}

  record QueryDown(LinearPlan projection, NormPlan norm) {}

  /** Heads of multi-head latent attention; widths of the parts of a head. */
  record LatentHeads(int count, int nope, int rope, int valueDim, int latentRank) {}
}
