package dev.switchboard.model.architecture;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * What a model is made of, in terms of common layers.
 *
 * @param name the directory's name, for people
 * @param embedding {@code [vocabulary, dModel]}
 * @param head {@code [vocabulary, dModel]}; the embedding's tensor if the two are tied
 * @param layers in the order of computation
 * @param factors what some families multiply by
 * @param text what its tokens mean
 * @param expertNames one a column of the gate; {@code expert-0} and so on where the model names
 *     none
 * @param maxPromptTokens longer prompts are refused
 * @param ignoredTensors patterns (java.util.regex) of tensors that a checkpoint of this family may
 *     hold and that take no part
 */
public record ModelPlan(
    String name,
    String modelType,
    int dModel,
    int vocabulary,
    MatrixPlan embedding,
    LinearPlan head,
    NormPlan finalNorm,
    List<LayerPlan> layers,
    Factors factors,
    TextPlan text,
    List<String> expertNames,
    int maxPromptTokens,
    List<String> ignoredTensors) {
  public ModelPlan {
    layers = List.copyOf(layers);
    expertNames = List.copyOf(expertNames);
    ignoredTensors = List.copyOf(ignoredTensors);
  }

  /**
   * @param embedding what embeddings are multiplied by
   * @param residual what each branch is multiplied by before it is added
   * @param logits what logits are multiplied by
   */
  public record Factors(float embedding, float residual, float logits) {
    /** All 1. */
    public static final Factors NONE = new Factors(1f, 1f, 1f);
  }

  /**
   * @param bos stands before the first token of a document; empty if the model has none
   * @param endTokens each ends a generation
   */
  public record TextPlan(OptionalInt bos, List<Integer> endTokens) {
    public TextPlan {
      endTokens = List.copyOf(endTokens);
    }
  }

  public OptionalInt bos() {
    return text.bos();
  }

  public List<Integer> endTokens() {
    return text.endTokens();
  }

  /** Indices of the layers that have experts. */
  public List<Integer> moeLayers() {
    return IntStream.range(0, layers.size())
        .filter(i -> layers.get(i).moe().isPresent())
        .boxed()
        .toList();
  }
}
