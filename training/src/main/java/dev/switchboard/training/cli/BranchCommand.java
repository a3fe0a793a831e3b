package dev.switchboard.training.cli;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.twin.Branch;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Gives every expert a copy of a part of the shared networks. */
@Command(
    name = "branch",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description = {
      "Gives every expert a copy of a part of the shared networks, which loses it: the model answers",
      "as before, at the same cost, and the experts have more to learn with when they train alone."
    },
    footer = {
      "",
      "Example:",
      "  switchboard train branch --model joint --units 384 --out branched"
    })
final class BranchCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--model", required = true, description = "model directory")
  private Path model = Path.of("");

  @Option(names = "--units", required = true, description = "units of each layer's shared network")
  private int units;

  @Option(names = "--out", required = true, description = "model directory to write")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    TwinConfig before = ModelDirectory.readConfig(model);
    TwinConfig after = Failures.checked(spec, () -> Branch.config(before, units));
    SequencedMap<String, Values> weights;
    try (Checkpoint file = Checkpoint.open(model)) {
      weights = HuggingFaceLayout.load(before, file);
    }
    Branch.move(before, units, weights);
    ModelDirectory.write(
        out,
        after,
        name -> Objects.requireNonNull(weights.get(name), name),
        ModelDirectory.tokenizer(model));
    System.out.printf(
        "%s: shared networks of %d units, experts of %d%n",
        out, after.sharedWidth(), after.expertWidth());
    return 0;
  }
}
