package dev.switchboard.router;

import dev.switchboard.cluster.settings.GiveSettings;
import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.weights.Giving;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.proto.weights.WeightsService;
import dev.switchboard.router.added.WeightTables;
import io.grpc.Status;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntSupplier;

/** What nodes without files are given of the router's. */
final class ModelWeights {
  private ModelWeights() {}

  /**
   * @param added finds the tables of experts that were added to the model, by fingerprint
   * @param running requests that run now: giving is to be slow beside them
   */
  static WeightsService service(
      Model model,
      Function<String, Optional<WeightTable>> added,
      GiveSettings settings,
      IntSupplier running) {
    Checkpoint all = model.checkpoint();
    WeightTable table =
        WeightTables.of(
            model.fingerprint(),
            model.plan().name(),
            all.configText(),
            all.names().stream().map(name -> all.find(name).orElseThrow()).toList());
    Giving giving =
        Giving.at(settings.giveRate(), settings.giveShare(), () -> running.getAsInt() > 0);
    return new WeightsService(table, wanted -> sound(added, wanted), giving);
  }

  /** What is here and damaged is not here: others may have it whole. */
  private static Optional<WeightTable> sound(
      Function<String, Optional<WeightTable>> added, String wanted) {
    try {
      return added.apply(wanted);
    } catch (CheckpointException e) {
      throw Status.NOT_FOUND.withDescription(e.getMessage()).withCause(e).asRuntimeException();
    }
  }
}
