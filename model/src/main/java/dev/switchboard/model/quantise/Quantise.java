package dev.switchboard.model.quantise;

import dev.switchboard.model.architecture.Architectures;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import dev.switchboard.model.checkpoint.GgufMetadataBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes a model with fewer bits, as a GGUF file that llama.cpp loads too. */
public final class Quantise {
  private static final int QUANTISATION_VERSION = 2;

  private Quantise() {}

  /**
   * Reads a model and writes it rounded. Nothing of {@code out} is seen before all of it is there.
   *
   * @param in a GGUF file, or a directory in the Hugging Face form
   * @param out the file to write
   * @throws CheckpointException if the model is not sound or of a family that cannot be written, or
   *     {@code out} cannot be
   */
  public static QuantiseReport file(Path in, Path out, FileType type, QuantiseProgress progress) {
    try (Checkpoint checkpoint = Checkpoint.open(in)) {
      checkTarget(in, out);
      DraftFile file = draft(checkpoint, out, type);
      file.write(out, progress);
      return new QuantiseReport(out, Files.size(out), file.choices());
    } catch (IOException e) {
      throw new CheckpointException("%s: cannot be written: %s".formatted(out, e), e);
    }
  }

  private static DraftFile draft(Checkpoint checkpoint, Path out, FileType type) {
    return checkpoint.gguf().isPresent()
        ? rounded(checkpoint, checkpoint.gguf().get(), out, type)
        : converted(checkpoint, out, type);
  }

  /** A GGUF file: names and metadata stay. */
  private static DraftFile rounded(
      Checkpoint checkpoint, GgufMetadata metadata, Path out, FileType type) {
    List<Draft> drafts = new ArrayList<>();
    for (String name : checkpoint.names()) {
      drafts.add(Draft.of(checkpoint.find(name).orElseThrow()));
    }
    GgufMetadataBuilder keys =
        new GgufMetadataBuilder()
            .all(metadata)
            .remove("split.no")
            .remove("split.count")
            .remove("split.tensors.count");
    return drafted(checkpoint, typed(keys, out, type), drafts, type);
  }

  /** A directory in the Hugging Face form. */
  private static DraftFile converted(Checkpoint checkpoint, Path out, FileType type) {
    ModelPlan plan = Architectures.plan(checkpoint);
    GgufFamily family = GgufFamily.of(plan, checkpoint);
    GgufLimits.check(plan, family, checkpoint);
    GgufMetadataBuilder keys = new GgufMetadataBuilder();
    GgufHeadKeys.add(keys, plan, family, checkpoint);
    GgufTokenizerKeys.add(keys, plan, checkpoint.folder());
    List<Draft> drafts = GgufTensors.of(plan, family, checkpoint);
    return drafted(checkpoint, typed(keys, out, type), drafts, type);
  }

  private static GgufMetadata typed(GgufMetadataBuilder keys, Path out, FileType type) {
    return keys.u32("general.file_type", type.number())
        .u32("general.quantization_version", QUANTISATION_VERSION)
        .build(out);
  }

  /** With the types that the rules choose. */
  private static DraftFile drafted(
      Checkpoint source, GgufMetadata metadata, List<Draft> drafts, FileType type) {
    List<TypeRules.Candidate> candidates =
        drafts.stream()
            .map(draft -> new TypeRules.Candidate(draft.name(), draft.shape(), draft.kept()))
            .toList();
    List<TypeChoice> choices = TypeRules.choose(type, facts(metadata), candidates);
    return new DraftFile(source, metadata, drafts, choices);
  }

  private static TypeRules.Facts facts(GgufMetadata metadata) {
    String family = metadata.text("general.architecture");
    int layers = metadata.count(family + ".block_count", 0, 1 << 20);
    long experts = metadata.integer(family + ".expert_count", 0);
    String heads = family + ".attention.head_count";
    boolean sharedHeads =
        layers == 80
            && List.of("llama", "qwen2").contains(family)
            && !metadata.isList(heads)
            && metadata.integer(heads, 0) != metadata.integer(heads + "_kv", 0);
    return new TypeRules.Facts(layers, (int) Math.min(experts, Integer.MAX_VALUE), sharedHeads);
  }

  private static void checkTarget(Path in, Path out) throws IOException {
    if (Files.isDirectory(out)) {
      throw CheckpointException.in(out, "is a directory; expected the path of a file to write");
    }
    if (Files.exists(out) && Files.isSameFile(in, out)) {
      throw CheckpointException.in(out, "is the file that is read; expected another to write");
    }
  }
}
