package dev.switchboard.router.cli;

import dev.switchboard.model.quantise.QuantiseProgress;
import java.util.Locale;
import java.util.Map;

/** Says on a terminal how far the writing of a model has come. */
final class TensorProgress implements QuantiseProgress, AutoCloseable {
  private final boolean live;

  /**
   * @param environment whose SWITCHBOARD_TERMINAL says whether standard error is a terminal
   */
  TensorProgress(Map<String, String> environment) {
    this.live = environment.getOrDefault("SWITCHBOARD_TERMINAL", "").contains("err");
  }

  @Override
  public void wrote(String tensor, long bytes, long ofAll) {
    if (live) {
      System.err.printf(
          Locale.ROOT, "\r\033[K%3d %%  %s", ofAll == 0 ? 100 : bytes * 100 / ofAll, tensor);
      System.err.flush();
    }
  }

  @Override
  public void close() {
    if (live) {
      System.err.print("\r\033[K");
      System.err.flush();
    }
  }
}
