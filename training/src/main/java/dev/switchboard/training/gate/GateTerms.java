package dev.switchboard.training.gate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Torch;

/** The terms of the loss that look at the gate's logits, averaged over layers. */
final class GateTerms {
  private final GateBatch batch;
  private final GatedRouter router;
  private final int experts;
  private final NDArray balance;
  private final NDArray z;
  private final NDArray domain;
  private final NDArray entropy;

  /**
   * @param tempering as {@link GateLoss} has it
   * @param gate whose decays say how much evidence is remembered
   */
  GateTerms(
      NDManager step, GateBatch batch, GatedRouter router, GateParameters gate, double tempering) {
    this.batch = batch;
    this.router = router;
    this.experts = (int) router.logits().getFirst().getShape().get(1);
    NDArray labels = step.create(labels(batch)).reshape(new Shape(batch.tokens(), 1));
    NDArray none = step.create(0f);
    NDArray balanceSum = none;
    NDArray zSum = none;
    NDArray domainSum = none;
    NDArray entropySum = none;
    int layers = router.logits().size();
    for (int layer = 0; layer < layers; layer++) {
      NDArray g = router.logits().get(layer);
      NDArray logP = g.logSoftmax(1);
      NDArray p = logP.exp();
      NDArray share = router.choices().get(layer).oneHot(experts).mean(new int[] {0});
      balanceSum =
          balanceSum.add(share.mul(p.mean(new int[] {0})).sum().mul(Torch.constant(g, experts)));
      // logsumexp = g - log softmax, in any column
      NDArray logSum = g.sub(logP).mean(new int[] {1});
      zSum = zSum.add(logSum.square().mean());
      NDArray told =
          tempering == 0
              ? logP
              : g.mul(step.create(temper(batch, gate.decay(layer), tempering)).reshape(-1, 1))
                  .logSoftmax(1);
      domainSum = domainSum.add(told.gather(labels, 1).mean().neg());
      entropySum = entropySum.add(p.mul(logP).sum(new int[] {1}).mean().neg());
    }
    NDArray perLayer = step.create(1f / layers);
    balance = balanceSum.mul(perLayer);
    z = zSum.mul(perLayer);
    domain = domainSum.mul(perLayer);
    entropy = entropySum.mul(perLayer);
  }

  /** {@code (1 + a + ... + a^t)^-tempering} for the token t of each sequence. */
  private static float[] temper(GateBatch batch, double decay, double tempering) {
    float[] factors = new float[batch.tokens()];
    double evidence = 0;
    for (int i = 0; i < factors.length; i++) {
      evidence = i % batch.length() == 0 ? 1 : evidence * decay + 1;
      factors[i] = (float) StrictMath.pow(evidence, -tempering);
    }
    return factors;
  }

  private static long[] labels(GateBatch batch) {
    long[] labels = new long[batch.tokens()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = batch.domains()[i / batch.length()];
    }
    return labels;
  }

  NDArray weighted(GateLoss loss) {
    return balance
        .mul(Torch.constant(balance, (float) loss.balance()))
        .add(z.mul(Torch.constant(z, (float) loss.z())))
        .add(domain.mul(Torch.constant(domain, (float) loss.domain())));
  }

  /** Writes the numbers of {@link GateSums} behind the gradient. */
  void putSums(float[] lmLosses, long[] sums, int from) {
    double lm = 0;
    for (float value : lmLosses) {
      lm += value;
    }
    int at = from;
    sums[at++] = FixedPoint.of(lm / lmLosses.length);
    sums[at++] = FixedPoint.of(balance.getFloat());
    sums[at++] = FixedPoint.of(z.getFloat());
    sums[at++] = FixedPoint.of(domain.getFloat());
    sums[at++] = FixedPoint.of(entropy.getFloat());
    for (NDArray choice : router.choices()) {
      for (long expert : choice.toLongArray()) {
        sums[at + (int) expert]++;
      }
      at += experts;
    }
    if (at != sums.length || batch.tokens() != lmLosses.length) {
      throw new IllegalStateException("sums of another layout");
    }
  }
}
