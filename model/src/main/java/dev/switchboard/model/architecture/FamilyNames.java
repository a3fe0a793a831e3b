package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where a family keeps what is not in its layers.
 *
 * @param layers what stands before a layer's index
 * @param ignored patterns of tensors of what is no language model
 */
record FamilyNames(
    String embedding, String layers, String finalNorm, String head, List<String> ignored) {
  /**
   * The matrices at both ends.
   *
   * @param head the same as the embedding where the two are tied
   * @param ignored what is there but not needed
   */
  record Ends(MatrixPlan embedding, MatrixPlan head, List<String> ignored) {}

  /** A text model by itself. */
  private static final FamilyNames PLAIN =
      new FamilyNames(
          "model.embed_tokens.weight",
          "model.layers.",
          "model.norm.weight",
          "lm_head.weight",
          List.of());

  /** Towers of models that see or hear as well. */
  private static final List<String> TOWERS =
      List.of("(model\\.)?(vision_tower|multi_modal_projector|vision_model|audio_tower)\\..*");

  /** A text model inside another one, as transformers 4 and 5 name it. */
  private static final List<FamilyNames> INSIDE =
      List.of(
          inside("language_model.model.", "language_model.lm_head.weight"),
          inside("model.language_model.", "lm_head.weight"));

  private static FamilyNames inside(String root, String head) {
    return new FamilyNames(
        root + "embed_tokens.weight", root + "layers.", root + "norm.weight", head, TOWERS);
  }

  /** Those of the checkpoint; the plain ones if it has none of the known embeddings. */
  static FamilyNames in(Checkpoint checkpoint) {
    return Stream.concat(Stream.of(PLAIN), INSIDE.stream())
        .filter(names -> checkpoint.find(names.embedding()).isPresent())
        .findFirst()
        .orElse(PLAIN);
  }

  /**
   * Embedding and head. A checkpoint that holds both, with different values, has them both even if
   * its configuration calls them tied; one that holds one of two tied ones has that for both.
   */
  Ends ends(Checkpoint checkpoint, boolean tied, int vocabulary, int dModel) {
    MatrixPlan first = MatrixPlan.of(embedding, vocabulary, dModel);
    MatrixPlan last = MatrixPlan.of(head, vocabulary, dModel);
    Optional<Tensor> there = checkpoint.find(head);
    if (!tied) {
      return new Ends(first, last, List.of());
    }
    if (there.isEmpty()) {
      return new Ends(first, first, List.of());
    }
    Optional<Tensor> other = checkpoint.find(embedding);
    if (other.isEmpty()) {
      return new Ends(last, last, List.of());
    }
    boolean same = same(other.get(), there.get());
    return new Ends(first, same ? first : last, same ? List.of(Pattern.quote(head)) : List.of());
  }

  private static boolean same(Tensor one, Tensor other) {
    if (one.isElsewhere() || other.isElsewhere()) {
      // Who has no files has no use for the head either.
      return true;
    }
    return one.dtype() == other.dtype()
        && one.shape().equals(other.shape())
        && one.data().mismatch(other.data()) < 0;
  }
}
