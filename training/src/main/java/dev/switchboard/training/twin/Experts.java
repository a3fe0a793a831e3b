package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import dev.switchboard.training.twin.Router.Layer;

/** The experts of a layer, whatever they are made of, in the three ways that training asks. */
public final class Experts {
  private Experts() {}

  /**
   * Rows of {@code u} lie in equal parts, one for each of the experts {@code [from, to)}, which
   * takes the whole of it.
   */
  static NDArray parts(Layer layer, int from, int to, NDArray u) {
    NDIndex some = new NDIndex("{}:{}", from, to);
    return switch (layer.config().backbone()) {
      case Backbone.Ffn ffn ->
          FeedForward.parts(
              layer.weight("expert_in").get(some), layer.weight("expert_out").get(some), u);
      case Backbone.Mamba mamba -> new MambaExperts(mamba, layer, some).parts(u);
    };
  }

  /**
   * All experts on all rows, their answers added with weights. A Mamba expert's state moves by a
   * token as far as the token's weight goes: at weights of 0 and 1 by its own tokens alone.
   *
   * @param mix {@code [rows, E]}
   */
  public static NDArray mixed(Layer layer, NDArray u, NDArray mix) {
    return switch (layer.config().backbone()) {
      case Backbone.Ffn ffn -> FeedForward.mixed(layer, u, mix);
      case Backbone.Mamba mamba -> new MambaExperts(mamba, layer, new NDIndex(":")).mixed(u, mix);
    };
  }

  /**
   * Each row by its own expert alone.
   *
   * @param choice {@code [rows]} int64
   */
  public static NDArray chosen(Layer layer, NDArray u, NDArray choice) {
    return switch (layer.config().backbone()) {
      case Backbone.Ffn ffn -> FeedForward.chosen(layer, u, choice.toLongArray());
      case Backbone.Mamba mamba -> mixed(layer, u, choice.oneHot(layer.config().expertCount()));
    };
  }
}
