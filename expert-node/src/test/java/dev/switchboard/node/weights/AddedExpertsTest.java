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
import dev.switchboard.proto.codec.GrpcServers;
import dev.switchboard.proto.codec.RunningServer;
import dev.switchboard.proto.codec.ServerSpec;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.proto.weights.WeightsService;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    FaultySource server = new FaultySource(table(given, fingerprint), loops, List.of(faults), 0);
    servers.add(server);
    sources.add(server.source("router-" + sources.size()));
  }

  private static WeightTable table(AddedExpert given, String fingerprint) {
    WeightTable table = new WeightTable(fingerprint, given.name(), given.config().toString());
    given
        .tensors()
        .forEach((name, tensor) ->
            table.add(name, tensor.dtype().name(), tensor.shape(), tensor.data()));
    return table;
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
  void oneServiceGivesAwayTheModelAndWhatWasAddedToIt() throws IOException {
    WeightTable own = new WeightTable("the model", "m", "{}");
    WeightTable go = table(expert, expert.fingerprint());
    try (WeightsService service =
            new WeightsService(
                own, wanted -> Optional.of(go).filter(t -> wanted.equals(expert.fingerprint())));
        RunningServer server =
            GrpcServers.start(ServerSpec.onLoopback(0, service.definition()), loops);
        WeightChannels channels = new WeightChannels(loops)) {
      WeightSource source = new WeightSource("router", "127.0.0.1", server.port());
      sources.add(source);
      assertThat(get(expert.fingerprint(), "").name()).isEqualTo("go");
      assertThat(RemoteModel.of(source, channels.to(source), Duration.ofSeconds(10)).fingerprint())
          .isEqualTo("the model");
      assertThatThrownBy(() -> get("0123456789abcdef", ""))
          .hasMessageContainingAll("NOT_FOUND", "there is no 0123456789abcdef here");
    }
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
