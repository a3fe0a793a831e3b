package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.LatentHeads;
import dev.switchboard.model.architecture.MixerPlan.QueryDown;
import java.util.Optional;

/** Reads DeepSeek's multi-head latent attention from a configuration. */
final class LatentAttentionReader {
  /** Of the two norms inside, whatever {@code rms_norm_eps} says. */
  private static final float INNER_EPS = 1e-6f;

  private static final double DEFAULT_THETA = 10_000;
  private static final int MAX_WIDTH = 1 << 24;

  private final FamilyReader family;
  private final LatentHeads heads;
  private final RopePlan rope;
  private final float scale;
  private final boolean bias;

  /**
   * @param interleaved whether rope turns neighbours
   */
  LatentAttentionReader(FamilyReader family, boolean interleaved) {
    ConfigReader config = family.config();
    this.family = family;
    this.heads = heads(config);
    int ropeDim = heads.rope();
    this.rope = family.whole(RopeReader.read(config, ropeDim, interleaved, DEFAULT_THETA), ropeDim);
    double width = heads.nope() + ropeDim;
    this.scale = (float) (RopeReader.scoreFactor(config) / StrictMath.sqrt(width));
    this.bias = config.flag("attention_bias", false);
  }

  private static LatentHeads heads(ConfigReader config) {
    int count = config.count("num_attention_heads");
    int keyValue = config.count("num_key_value_heads", count);
    if (keyValue != count) {
      throw config.error("num_key_value_heads", keyValue, "num_attention_heads, which is " + count);
    }
    LatentHeads heads =
        new LatentHeads(
            count,
            config.count("qk_nope_head_dim", 128),
            config.count("qk_rope_head_dim", 64),
            config.count("v_head_dim", 128),
            config.count("kv_lora_rank", 512));
    long width = (long) count * (heads.nope() + heads.rope() + (long) heads.valueDim());
    if (width > MAX_WIDTH) {
      throw config.error("num_attention_heads x widths of a head", width, "at most 2^24");
    }
    return heads;
  }

  /**
   * @param prefix ends with a dot
   * @param defaultRank where {@code q_lora_rank} is absent; where it is null, queries have none
   */
  MixerPlan.LatentAttention plan(String prefix, int defaultRank) {
    ConfigReader config = family.config();
    int dModel = family.dModel();
    int rank = config.root().has("q_lora_rank") ? rank(config) : defaultRank;
    int queries = heads.count() * (heads.nope() + heads.rope());
    int latent = heads.latentRank();
    Optional<QueryDown> down =
        rank == 0
            ? Optional.empty()
            : Optional.of(
                new QueryDown(
                    LinearPlan.of(prefix + "q_a_proj.", rank, dModel, bias),
                    NormPlan.of(prefix + "q_a_layernorm.weight", rank, INNER_EPS)));
    return new MixerPlan.LatentAttention(
        down,
        rank == 0
            ? LinearPlan.of(prefix + "q_proj.weight", queries, dModel)
            : LinearPlan.of(prefix + "q_b_proj.weight", queries, rank),
        LinearPlan.of(prefix + "kv_a_proj_with_mqa.", latent + heads.rope(), dModel, bias),
        NormPlan.of(prefix + "kv_a_layernorm.weight", latent, INNER_EPS),
        MatrixPlan.of(
            prefix + "kv_b_proj.weight", heads.count() * (heads.nope() + heads.valueDim()), latent),
        LinearPlan.of(prefix + "o_proj.", dModel, heads.count() * heads.valueDim(), bias),
        heads,
        scale,
        rope);
  }

  private static int rank(ConfigReader config) {
    return config.count("q_lora_rank", 0);
  }
}
