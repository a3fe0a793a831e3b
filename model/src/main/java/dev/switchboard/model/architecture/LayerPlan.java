package dev.switchboard.model.architecture;

import java.util.Optional;

/** One layer: a mixer, then a feed; some families have layers of one of them alone. */
public record LayerPlan(Optional<Branch<MixerPlan>> mixer, Optional<Branch<FeedPlan>> feed) {
  public static LayerPlan of(Branch<MixerPlan> mixer, Branch<FeedPlan> feed) {
    return new LayerPlan(Optional.of(mixer), Optional.of(feed));
  }

  /** The layer's experts, if it has any. */
  public Optional<FeedPlan.Moe> moe() {
    return feed.map(Branch::block)
        .filter(FeedPlan.Moe.class::isInstance)
        .map(FeedPlan.Moe.class::cast);
  }
}
