package dev.switchboard.model.quantise;

import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.util.Arrays;
import java.util.List;

/**
 * The families of GGUF files that are written, and what llama.cpp takes for granted in each. What a
 * model has beyond that is refused, never left out.
 */
enum GgufFamily {
  LLAMA("llama", List.of("llama", "mistral", "mixtral"), true),
  QWEN2("qwen2", List.of("qwen2"), false),
  QWEN2MOE("qwen2moe", List.of("qwen2_moe"), false),
  QWEN3("qwen3", List.of("qwen3"), false),
  QWEN3MOE("qwen3moe", List.of("qwen3_moe"), false),
  OLMOE("olmoe", List.of("olmoe"), false),
  GEMMA3("gemma3", List.of("gemma3_text"), false),
  GRANITE("granite", List.of("granite"), true),
  GRANITEMOE("granitemoe", List.of("granitemoe"), true),
  MAMBA("mamba", List.of("mamba"), false);

  private final String label;
  private final List<String> modelTypes;
  private final boolean turnsNeighbours;

  GgufFamily(String label, List<String> modelTypes, boolean turnsNeighbours) {
    this.label = label;
    this.modelTypes = modelTypes;
    this.turnsNeighbours = turnsNeighbours;
  }

  /** {@code general.architecture}. */
  String label() {
    return label;
  }

  /** Whether rope turns neighbouring values of a head in such files, not halves. */
  boolean turnsNeighbours() {
    return turnsNeighbours;
  }

  /** Whether queries and keys are normalised. */
  boolean hasHeadNorms() {
    return this == QWEN3 || this == QWEN3MOE || this == OLMOE || this == GEMMA3;
  }

  /** Whether q, k and v may have biases. */
  boolean mayHaveBiases() {
    return this == LLAMA || this == QWEN2 || this == QWEN2MOE || isGranite();
  }

  /** Whether the weights of the chosen experts are divided by their sum. */
  boolean renormalises() {
    return this != QWEN2MOE && this != OLMOE;
  }

  boolean isGranite() {
    return this == GRANITE || this == GRANITEMOE;
  }

  /**
   * The family that a model is written as.
   *
   * @throws CheckpointException naming those that can be written
   */
  static GgufFamily of(ModelPlan plan, Checkpoint checkpoint) {
    return Arrays.stream(values())
        .filter(family -> family.modelTypes.contains(plan.modelType()))
        .findFirst()
        .orElseThrow(() ->
            CheckpointException.in(
                checkpoint.path(),
                "models of type \"%s\" are not written as GGUF; known are %s",
                plan.modelType(),
                Arrays.stream(values()).flatMap(family -> family.modelTypes.stream()).toList()));
  }
}
