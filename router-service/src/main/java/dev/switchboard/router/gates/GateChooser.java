package dev.switchboard.router.gates;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.moe.ExpertMask;
import java.util.Optional;

/** Says by which gates a request is routed: once, when it is admitted. For any thread. */
public interface GateChooser {
  /**
   * The gates of a new request.
   *
   * @param key names the request, or the session that it is a turn of: equal keys are routed alike
   *     while nothing changes
   */
  GateUse use(String key);

  /** The same version again, for what has begun under it; empty if it is not known here. */
  Optional<GateUse> again(String version);

  /**
   * A request begins with these tokens: they may be read by others, to be compared, without those
   * experts.
   */
  void begins(int[] prompt, ExpertMask mask);

  /** Always the same gates. */
  static GateChooser of(GateUse only) {
    return new GateChooser() {
      @Override
      public GateUse use(String key) {
        return only;
      }

      @Override
      public Optional<GateUse> again(String version) {
        return Optional.of(only).filter(use -> use.gates().version().equals(version));
      }

      @Override
      public void begins(int[] prompt, ExpertMask mask) {
        // Nobody compares.
      }
    };
  }
}
