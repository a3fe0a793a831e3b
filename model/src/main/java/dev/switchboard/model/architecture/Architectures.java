package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** The families that can be served, by {@code model_type}. */
public final class Architectures {
  private static final Map<String, BiFunction<Checkpoint, ConfigReader, ModelPlan>> FAMILIES =
      new TreeMap<>();

  static {
    FAMILIES.put(SwitchboardArchitecture.MODEL_TYPE, SwitchboardArchitecture::plan);
    FAMILIES.put(BambaArchitecture.MODEL_TYPE, BambaArchitecture::plan);
    FAMILIES.put(DeepseekV2Architecture.MODEL_TYPE, DeepseekV2Architecture::plan);
    FAMILIES.put(DeepseekV3Architecture.MODEL_TYPE, DeepseekV3Architecture::plan);
    FAMILIES.put(Gemma3Architecture.MODEL_TYPE, Gemma3Architecture::plan);
    FAMILIES.put(Gemma3Architecture.OUTER_MODEL_TYPE, Gemma3Architecture::plan);
    FAMILIES.put(GptOssArchitecture.MODEL_TYPE, GptOssArchitecture::plan);
    FAMILIES.put(GraniteArchitecture.MODEL_TYPE, GraniteArchitecture::plan);
    FAMILIES.put(GraniteArchitecture.MOE_MODEL_TYPE, GraniteArchitecture::plan);
    FAMILIES.put(GraniteArchitecture.SHARED_MODEL_TYPE, GraniteArchitecture::plan);
    FAMILIES.put(GraniteHybridArchitecture.MODEL_TYPE, GraniteHybridArchitecture::plan);
    FAMILIES.put(JambaArchitecture.MODEL_TYPE, JambaArchitecture::plan);
    FAMILIES.put(LlamaArchitecture.MODEL_TYPE, LlamaArchitecture::plan);
    FAMILIES.put(MambaArchitecture.MODEL_TYPE, MambaArchitecture::plan);
    FAMILIES.put(Mamba2Architecture.MODEL_TYPE, Mamba2Architecture::plan);
    FAMILIES.put(MistralArchitecture.MODEL_TYPE, MistralArchitecture::plan);
    FAMILIES.put(MixtralArchitecture.MODEL_TYPE, MixtralArchitecture::plan);
    FAMILIES.put(NemotronHArchitecture.MODEL_TYPE, NemotronHArchitecture::plan);
    FAMILIES.put(OlmoeArchitecture.MODEL_TYPE, OlmoeArchitecture::plan);
    FAMILIES.put(Qwen2Architecture.MODEL_TYPE, Qwen2Architecture::plan);
    FAMILIES.put(Qwen2MoeArchitecture.MODEL_TYPE, Qwen2MoeArchitecture::plan);
    FAMILIES.put(Qwen3Architecture.MODEL_TYPE, Qwen3Architecture::plan);
    FAMILIES.put(Qwen3MoeArchitecture.MODEL_TYPE, Qwen3MoeArchitecture::plan);
  }

  private Architectures() {}

  /**
   * Reads {@code config.json} and {@code generation_config.json} (if there is one) and checks the
   * table of tensors against the plan: none missing, misshapen, of a wrong type or unknown.
   *
   * @throws CheckpointException naming the file and the key or tensor; for an unknown {@code
   *     model_type} the known ones
   */
  public static ModelPlan plan(Checkpoint checkpoint) {
    ModelPlan plan = unchecked(checkpoint);
    PlanTensors.check(plan, checkpoint);
    GateDecay.check(checkpoint, plan);
    return plan;
  }

  /**
   * What the configuration says, whatever tensors there are.
   *
   * @throws CheckpointException naming the file and the key
   */
  static ModelPlan unchecked(Checkpoint checkpoint) {
    Path file =
        checkpoint.gguf().isPresent()
            ? checkpoint.path()
            : checkpoint.folder().resolve("config.json");
    ConfigReader config = new ConfigReader(file, checkpoint.config());
    String type = config.text("model_type");
    BiFunction<Checkpoint, ConfigReader, ModelPlan> family = FAMILIES.get(type);
    if (family == null) {
      throw CheckpointException.in(
          file, "unknown model_type \"%s\"; known are %s", type, FAMILIES.keySet());
    }
    return family.apply(checkpoint, config);
  }
}
