package dev.switchboard.training.cli;

import dev.switchboard.training.twin.TwinConfig;
import java.util.List;
import picocli.CommandLine.Option;

/** Sizes of a new model. */
final class SizeOptions {
  @Option(names = "--width", description = "dModel", defaultValue = "192")
  private int width;

  @Option(names = "--layers", defaultValue = "4")
  private int layers;

  @Option(names = "--heads", description = "heads of the mixer", defaultValue = "6")
  private int heads;

  @Option(names = "--head-dim", defaultValue = "64")
  private int headDim;

  @Option(names = "--state", description = "numbers of state a channel", defaultValue = "64")
  private int state;

  @Option(names = "--shared-width", description = "width of the shared FFN", defaultValue = "256")
  private int sharedWidth;

  @Option(names = "--expert-width", description = "width of an expert", defaultValue = "128")
  private int expertWidth;

  TwinConfig config(int vocabulary, List<String> experts) {
    return new TwinConfig(
        vocabulary, width, layers, heads, headDim, state, 4, sharedWidth, expertWidth, experts);
  }
}
