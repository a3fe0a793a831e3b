package dev.switchboard.training.cli;

import dev.switchboard.training.twin.Backbone;
import dev.switchboard.training.twin.TwinConfig;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/** Sizes of a new model; what is not given is as in the model to start from, if there is one. */
final class SizeOptions {
  private static final int TAPS = 4;

  @Option(names = "--width", description = "dModel (192)", showDefaultValue = Visibility.NEVER)
  private @Nullable Integer width;

  @Option(names = "--layers", description = "(4)", showDefaultValue = Visibility.NEVER)
  private @Nullable Integer layers;

  @Option(
      names = "--heads",
      description = "heads of the mixer (6)",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Integer heads;

  @Option(names = "--head-dim", description = "(64)", showDefaultValue = Visibility.NEVER)
  private @Nullable Integer headDim;

  @Option(
      names = "--state",
      description = "numbers of state a channel (64)",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Integer state;

  @Option(
      names = "--shared-width",
      description = "width of the shared FFN (256)",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Integer sharedWidth;

  @Option(
      names = "--expert-width",
      description = "units of an expert that is a feed-forward network (128)",
      showDefaultValue = Visibility.NEVER)
  private @Nullable Integer expertWidth;

  @Option(
      names = "--mamba-experts",
      paramLabel = "HEADS,DIM,STATE",
      split = ",",
      description = "experts that keep a state: heads, channels a head, numbers of state a channel",
      showDefaultValue = Visibility.NEVER)
  private int @Nullable [] mamba;

  /**
   * @param start model to start from, if any
   */
  TwinConfig config(int vocabulary, List<String> experts, @Nullable TwinConfig start) {
    return new TwinConfig(
        vocabulary,
        size(width, start, TwinConfig::width, 192),
        size(layers, start, TwinConfig::layers, 4),
        size(heads, start, TwinConfig::heads, 6),
        size(headDim, start, TwinConfig::headDim, 64),
        size(state, start, TwinConfig::state, 64),
        start == null ? TAPS : start.kernel(),
        size(sharedWidth, start, TwinConfig::sharedWidth, 256),
        backbone(start),
        experts);
  }

  private Backbone backbone(@Nullable TwinConfig start) {
    if (mamba != null && (mamba.length != 3 || expertWidth != null)) {
      throw new IllegalArgumentException(
          "--mamba-experts wants three numbers, as 4,32,32, and no --expert-width");
    }
    if (mamba != null) {
      return new Backbone.Mamba(mamba[0], mamba[1], mamba[2]);
    }
    if (expertWidth != null || start == null) {
      return new Backbone.Ffn(expertWidth == null ? 128 : expertWidth);
    }
    return start.backbone();
  }

  private static int size(
      @Nullable Integer given,
      @Nullable TwinConfig start,
      ToIntFunction<TwinConfig> of,
      int otherwise) {
    if (given != null) {
      return given;
    }
    return start == null ? otherwise : of.applyAsInt(start);
  }
}
