package dev.switchboard.training.run;

import dev.switchboard.training.run.RunState.Place;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Smoothed numbers of the steps: on the terminal, and now and then in the metrics. */
final class StepLog {
  private static final int METRICS_EVERY = 10;

  private final MetricsLog metrics;
  private final Progress progress;
  private double loss = Double.NaN;
  private double rate = Double.NaN;
  private double norm;

  StepLog(MetricsLog metrics, Progress progress) {
    this.metrics = metrics;
    this.progress = progress;
  }

  /**
   * @param shares losses of each worker's tokens
   */
  void read(List<float[]> shares, double gradientNorm) {
    double sum = 0;
    long tokens = 0;
    for (float[] losses : shares) {
      for (float value : losses) {
        sum += value;
      }
      tokens += losses.length;
    }
    double mean = sum / tokens;
    norm = gradientNorm;
    if (!Double.isFinite(mean)) {
      return; // the optimizer skips the step, and gives up if that happens often
    }
    loss = Double.isNaN(loss) ? mean : 0.95 * loss + 0.05 * mean;
  }

  void done(Place place, int tokens, double seconds, Optional<Double> left) throws IOException {
    double now = tokens / seconds;
    rate = Double.isNaN(rate) ? now : 0.95 * rate + 0.05 * now;
    if (place.step() % METRICS_EVERY == 0) {
      metrics.write(
          MetricsLog.line()
              .put("phase", place.phase())
              .put("step", place.step())
              .put("tokens", place.tokens())
              .put("seconds", place.seconds())
              .put("used", place.used())
              .put("loss", loss)
              .put("gradientNorm", norm)
              .put("tokensPerSecond", rate));
    }
    progress.show(
        String.format(
            Locale.ROOT,
            "%s %3.0f %%  step %d  %.2f M tokens  loss %.3f  |g| %.2f  %.0f tokens/s  %s left",
            place.phase() == 0 ? "joint" : "alone",
            place.used() * 100,
            place.step(),
            place.tokens() * 1e-6,
            loss,
            norm,
            rate,
            left.map(StepLog::clock).orElse("?")));
  }

  private static String clock(double seconds) {
    long whole = (long) seconds;
    return "%d:%02d:%02d".formatted(whole / 3600, whole / 60 % 60, whole % 60);
  }
}
