package dev.switchboard.router.gates;

import dev.switchboard.cluster.settings.GateSettings;
import java.util.Locale;
import java.util.Optional;

/** Whether a version has left its bounds. Pure. */
record GateGuard(GateSettings bounds) {
  /** Texts that the loss is judged by, at least. */
  private static final int LEAST_TEXTS = 4;

  /** Standard errors that a rise of the loss must exceed: it is not chance. */
  private static final double SURE = 2;

  /**
   * Why a version is to be taken back; empty if it is not, or not known yet.
   *
   * @param found of the version beside the one before
   */
  Optional<String> judge(GateBook.Found found) {
    return balance(found).or(() -> loss(found));
  }

  private Optional<String> balance(GateBook.Found found) {
    GateComparison recent = found.recent();
    double rise = 100 * (recent.mostUsedShare() - recent.otherMostUsedShare());
    if (bounds.gateGuardShare() == 0
        || recent.tokens() < bounds.gateGuardTokens()
        || rise <= bounds.gateGuardShare()) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "the most used expert takes %.1f %% of the calls, under %s %.1f %% (%d tokens; bound %d"
                + " points)",
            100 * recent.mostUsedShare(),
            found.pair().other(),
            100 * recent.otherMostUsedShare(),
            recent.tokens(),
            bounds.gateGuardShare()));
  }

  private Optional<String> loss(GateBook.Found found) {
    GateLosses.Summary losses = found.losses();
    if (bounds.gateGuardLoss() == 0
        || losses.texts() < LEAST_TEXTS
        || losses.tokens() < bounds.gateGuardTokens()
        || losses.rise() <= bounds.gateGuardLoss() / 100.0
        || losses.difference() <= SURE * losses.error()) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "the loss is %.4f nats a token, under %s %.4f: %.1f %% more (%d texts, %d tokens; bound"
                + " %d %%)",
            losses.loss(),
            found.pair().other(),
            losses.otherLoss(),
            100 * losses.rise(),
            losses.texts(),
            losses.tokens(),
            bounds.gateGuardLoss()));
  }
}
