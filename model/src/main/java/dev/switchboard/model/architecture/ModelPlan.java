package dev.switchboard.model.architecture;

import java.util.List;
import java.util.OptionalInt;

/**
 * What a model is made of, in terms of common layers.
 *
 * @param name the directory's name, for people
 * @param headTensor the embedding's name if the two are tied
 * @param layers in the order of computation
 * @param bos stands before the first token of a document; empty if the model has none
 * @param endTokens each ends a generation
 * @param expertNames one a column of the gate; {@code expert-0} and so on where the model names
 *     none
 * @param maxPromptTokens longer prompts are refused
 */
public record ModelPlan(
    String name,
    String modelType,
    int dModel,
    int vocabulary,
    float rmsNormEps,
    String embeddingTensor,
    String headTensor,
    String finalNormTensor,
    List<LayerPlan> layers,
    OptionalInt bos,
    List<Integer> endTokens,
    List<String> expertNames,
    int maxPromptTokens) {
  public ModelPlan {
    layers = List.copyOf(layers);
    endTokens = List.copyOf(endTokens);
    expertNames = List.copyOf(expertNames);
  }
}
