package dev.switchboard.model.reference;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far a model is from its recorded answers. What is not recorded is empty.
 *
 * @param path the folder or file that was compared
 * @param family as its answers name it
 * @param maxLogitDifference absolute; for GGUF files, of probabilities or log-probabilities, as the
 *     notes say
 * @param maxLayerDifference of embeddings, the stream behind each layer, the last norm, and what
 *     goes into and comes out of the experts
 * @param maxRoutingDifference of the weights of chosen experts
 * @param maxStateDifference of recurrent states
 * @param expertsEqual whether each token woke the same experts
 * @param greedyEqual whether the same tokens were generated
 * @param bound on logits, layers and states
 * @param ok whether all is within its bound
 * @param notes what is not and where first, and what was not compared
 */
public record ReferenceReport(
    Path path,
    String family,
    OptionalDouble maxLogitDifference,
    OptionalDouble maxLayerDifference,
    OptionalDouble maxRoutingDifference,
    OptionalDouble maxStateDifference,
    Optional<Boolean> expertsEqual,
    Optional<Boolean> greedyEqual,
    double bound,
    boolean ok,
    List<String> notes) {
  public ReferenceReport {
    notes = List.copyOf(notes);
  }
}
