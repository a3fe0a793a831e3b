package dev.switchboard.model.architecture;

/** One layer: {@code h += mixer(norm(h)); h += feed(norm(h))}. */
public record LayerPlan(
    String mixerNormTensor, MixerPlan mixer, String feedNormTensor, FeedPlan feed) {}
