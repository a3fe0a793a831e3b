package dev.switchboard.model;

import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.RopePlan;
import dev.switchboard.model.architecture.Rows;
import dev.switchboard.model.kernel.AttentionShape;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.layer.AttentionMixer;
import dev.switchboard.model.layer.LatentAttentionMixer;
import dev.switchboard.model.layer.LatentAttentionMixer.Absorbed;
import dev.switchboard.model.layer.LatentAttentionMixer.Down;
import dev.switchboard.model.layer.Rope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Builds the attention layers of a plan. Layers of equal plans share their tables of rope. */
record AttentionLoader(Weights weights, Map<RopePlan, Rope> ropes) {
  static AttentionLoader of(Weights weights) {
    return new AttentionLoader(weights, new ConcurrentHashMap<>());
  }

  AttentionMixer attention(int layer, MixerPlan.Attention plan) {
    MixerPlan.Heads heads = plan.heads();
    AttentionShape shape =
        new AttentionShape(
            new KvShape(heads.keyValue(), heads.dim(), heads.dim(), false),
            heads.query(),
            plan.scale(),
            plan.window().orElse(AttentionShape.NO_WINDOW));
    return new AttentionMixer(
        layer,
        shape,
        new AttentionMixer.Projections(
            weights.linear(plan.q(), 0),
            weights.linear(plan.k(), 0),
            weights.linear(plan.v(), 0),
            weights.linear(plan.out(), 0)),
        new AttentionMixer.Extras(
            plan.norms().map(norms -> weights.norm(norms.q())),
            plan.norms().map(norms -> weights.norm(norms.k())),
            plan.rope().map(this::rope),
            plan.sinks().map(name -> weights.floats(name, heads.query())).orElse(new float[0]),
            (float) plan.clip().orElse(Float.POSITIVE_INFINITY)));
  }

  LatentAttentionMixer latent(int layer, MixerPlan.LatentAttention plan) {
    MixerPlan.LatentHeads heads = plan.heads();
    return new LatentAttentionMixer(
        layer,
        new LatentAttentionMixer.Sizes(
            heads.count(), heads.nope(), heads.rope(), heads.valueDim(), heads.latentRank()),
        plan.scale(),
        new LatentAttentionMixer.Projections(
            plan.queryDown()
                .map(down ->
                    new Down(weights.linear(down.projection(), 0), weights.norm(down.norm()))),
            weights.linear(plan.query(), 0),
            weights.linear(plan.latentDown(), 0),
            weights.linear(plan.out(), 0)),
        weights.norm(plan.latentNorm()),
        absorbed(plan.latentUp(), heads),
        rope(plan.rope()));
  }

  private List<Absorbed> absorbed(MatrixPlan up, MixerPlan.LatentHeads heads) {
    int width = heads.nope() + heads.valueDim();
    int stored = up.rows().stored();
    List<Absorbed> absorbed = new ArrayList<>();
    for (int h = 0; h < heads.count(); h++) {
      Rows keys = Rows.range(h * width, heads.nope(), stored);
      Rows values = Rows.range(h * width + heads.nope(), heads.valueDim(), stored);
      absorbed.add(
          new Absorbed(
              transposed(weights.matrix(MatrixPlan.of(up.tensor(), keys, up.columns()), 0)),
              weights.matrix(MatrixPlan.of(up.tensor(), values, up.columns()), 0)));
    }
    return absorbed;
  }

  private static PackedMatrix transposed(PackedMatrix matrix) {
    float[] row = new float[matrix.columns()];
    float[] turned = new float[matrix.rows() * matrix.columns()];
    for (int r = 0; r < matrix.rows(); r++) {
      Kernels.row(matrix, r, row, 0);
      for (int c = 0; c < row.length; c++) {
        turned[c * matrix.rows() + r] = row[c];
      }
    }
    return PackedMatrix.ofFloats(matrix.columns(), matrix.rows(), turned);
  }

  private Rope rope(RopePlan plan) {
    return ropes.computeIfAbsent(plan, Rope::new);
  }
}
