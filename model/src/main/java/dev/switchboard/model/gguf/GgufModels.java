package dev.switchboard.model.gguf;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The architectures that are read from GGUF files. */
public final class GgufModels {
  private static final Map<String, Function<GgufSource, GgufModel>> DIALECTS = new TreeMap<>();

  static {
    DIALECTS.put("llama", AttentionDialects::llama);
    DIALECTS.put("qwen2", AttentionDialects::qwen2);
    DIALECTS.put("qwen2moe", AttentionDialects::qwen2Moe);
    DIALECTS.put("qwen3", AttentionDialects::qwen3);
    DIALECTS.put("qwen3moe", AttentionDialects::qwen3Moe);
    DIALECTS.put("olmoe", AttentionDialects::olmoe);
    DIALECTS.put("granite", AttentionDialects::granite);
    DIALECTS.put("granitemoe", AttentionDialects::granite);
    DIALECTS.put("gpt-oss", AttentionDialects::gptOss);
    DIALECTS.put("gemma3", AttentionDialects::gemma3);
    DIALECTS.put("deepseek2", AttentionDialects::deepseek2);
    DIALECTS.put("mamba", RecurrentDialects::mambaOne);
    DIALECTS.put("mamba2", RecurrentDialects::mambaTwo);
    DIALECTS.put("jamba", RecurrentDialects::jamba);
    DIALECTS.put("granitehybrid", RecurrentDialects::graniteHybrid);
    DIALECTS.put("nemotron_h", RecurrentDialects::nemotronH);
    DIALECTS.put("nemotron_h_moe", RecurrentDialects::nemotronH);
  }

  private GgufModels() {}

  /**
   * The checkpoint as a folder's would be; one that is none of GGUF as it is.
   *
   * @throws CheckpointException for an architecture that is not known, and metadata that are
   *     missing or make no sense, naming file and key
   */
  public static Checkpoint asFolder(Checkpoint checkpoint) {
    GgufMetadata metadata = checkpoint.gguf().orElse(null);
    if (metadata == null) {
      return checkpoint;
    }
    String architecture = metadata.text("general.architecture");
    Function<GgufSource, GgufModel> dialect = DIALECTS.get(architecture);
    if (dialect == null) {
      throw CheckpointException.in(
          metadata.file(),
          "unknown general.architecture \"%s\"; known are %s",
          architecture,
          DIALECTS.keySet());
    }
    GgufSource source = new GgufSource(checkpoint, metadata);
    return dialect.apply(source).over(source);
  }
}
