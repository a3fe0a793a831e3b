package dev.switchboard.training.spark;

import dev.switchboard.training.routes.GateSearch;
import java.nio.file.Path;

/**
 * What {@code train router --from-routes} was asked for.
 *
 * @param routes records of {@code route --trace-inputs}
 * @param model whose gates they are; nothing else of it is read
 * @param router HOST:PORT that serves the model: its experts are asked there
 * @param most relative change of a layer's output at the most
 * @param sampleRows rows that the change is measured on
 */
public record RouteSettings(
    Path routes,
    Path model,
    String router,
    Path out,
    String master,
    double most,
    int sampleRows,
    long seed,
    GateSearch.Settings search,
    Keeping keeping) {
  /**
   * What is kept of a search that goes on.
   *
   * @param everySteps how often
   * @param resume whether it goes on from what was kept, if there is something
   */
  public record Keeping(int everySteps, boolean resume) {
    /** For whoever does not say. */
    public static final Keeping STANDARD = new Keeping(20, false);

    public Keeping {
      if (everySteps < 1) {
        throw new IllegalArgumentException(
            "checkpoint-steps %s; expected 1 or more".formatted(everySteps));
      }
    }
  }

  public RouteSettings {
    if (!(most >= 0) || sampleRows < 1 || sampleRows > 65_536) {
      throw new IllegalArgumentException(
          "max-change %s, change-rows %s; expected 0 or more, 1 to 65536"
              .formatted(most, sampleRows));
    }
  }
}
