package dev.switchboard.node.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.node.weights.FaultySource.Fault;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.weights.WeightTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experts that were added, from wherever they can be had. */
class AddedExpertsTest {
  private static final int INDEX = 4;

  @TempDir private Path folder;
  private final EventLoops loops = EventLoops.start("added-test", 2);
  private final List<FaultySource> servers = new ArrayList<>();
  private final List<WeightSource> sources = new ArrayList<>();
  private Model model;
  private AddedExpert expert;

  @BeforeEach
  void write() {
    Path base = TinyModels.seeded(3).write(folder.resolve("base"));
    model = Model.open(base);
    expert = GrownModels.write(base, folder.resolve("go"), "go");
  }

  @AfterEach
  void close() {
    servers.forEach(FaultySource::close);
    loops.close();
    model.close();
  }

  private AddedExpert get(String fingerprint, String path) {
    return new AddedExperts(
            model.plan(),
            () -> sources,
            new RemoteWeights.Patience(
                Duration.ofSeconds(2), Duration.ofMillis(100), 3, pause -> {}))
        .apply(new ExpertBook.Added("go", INDEX, fingerprint, path));
  }

  private void serve(AddedExpert given, String fingerprint, Fault... faults) {
    WeightTable table = new WeightTable(fingerprint, given.name(), given.config().toString());
    given
        .tensors()
        .forEach((name, tensor) ->
            table.add(name, tensor.dtype().name(), tensor.shape(), tensor.data()));
    FaultySource server = new FaultySource(table, loops, List.of(faults), 0);
    servers.add(server);
    sources.add(server.source("router-" + sources.size()));
  }

  @Test
  void aFolderThatCanBeReadIsEnough() {
    AddedExpert found = get(expert.fingerprint(), expert.source().toString());
    assertThat(found.tensors().keySet()).isEqualTo(expert.tensors().keySet());
  }

  @Test
  void withoutTheFolderItComesFromARouterAndOneThatFailsIsGoneOnFromAtTheNext() {
    serve(expert, expert.fingerprint(), Fault.DAMAGE, Fault.BREAK);
    serve(expert, expert.fingerprint(), Fault.SHORT);
    AddedExpert found = get(expert.fingerprint(), folder.resolve("nowhere").toString());
    assertThat(found.fingerprint()).isEqualTo(expert.fingerprint());
    assertThat(found.index()).isEqualTo(INDEX);
  }

  @Test
  void aFolderOfAnotherExpertIsPassedOver() {
    Path other = TinyModels.seeded(3).write(folder.resolve("again"));
    AddedExpert css = GrownModels.write(other, folder.resolve("css"), "css");
    serve(expert, expert.fingerprint());
    AddedExpert found = get(expert.fingerprint(), css.source().toString());
    assertThat(found.name()).isEqualTo("go");
  }

  @Test
  void whoeverHasSomethingElseIsNamed() {
    serve(expert, "another");
    assertThatThrownBy(() -> get(expert.fingerprint(), ""))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("expert go", expert.fingerprint(), "router-0", "there is no");
  }

  @Test
  void bytesThatAreNotWhatTheyAreCalledAreRefused() {
    serve(expert, "aaaabbbbccccdddd");
    assertThatThrownBy(() -> get("aaaabbbbccccdddd", ""))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("aaaabbbbccccdddd", expert.fingerprint());
  }

  @Test
  void moreBytesThanAnExpertHasAreNotAskedFor() {
    Path wide = TinyModels.seeded(3).dModel(64).write(folder.resolve("wide"));
    AddedExpert large = GrownModels.write(wide, folder.resolve("large"), "large");
    serve(large, large.fingerprint());
    assertThatThrownBy(() -> get(large.fingerprint(), ""))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("the most that an expert of this model has");
  }
}
