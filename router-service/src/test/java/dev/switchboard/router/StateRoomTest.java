package dev.switchboard.router;

import static dev.switchboard.router.testing.Asks.ask;
import static dev.switchboard.router.testing.Asks.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.settings.RouterSettings;
import dev.switchboard.cluster.settings.SettingsException;
import dev.switchboard.cluster.settings.SettingsLoader;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As many requests run as there is memory for what they remember; the others wait. */
class StateRoomTest {
  @TempDir Path folder;
  private Model model;
  private long each;

  @BeforeEach
  void open() {
    model = Model.open(TinyModels.seeded(5).mambaExperts().write(folder));
    long experts =
        model.expertLayers().stream()
            .mapToLong(layer -> layer.experts() * layer.stateBytes())
            .sum();
    assertThat(model.expertLayers()).allMatch(ExpertLayer::stateful);
    each = model.trunk().stateBytes() + experts;
  }

  @AfterEach
  void close() {
    model.close();
  }

  private int running(String... settings) {
    RouterSettings router =
        SettingsLoader.of(Optional.empty(), Map.of(), TestRouter.flags(settings)).router().router();
    return ServingLimits.of(router, model).scheduler().maxRunning();
  }

  @Test
  void statesOfLayersAndOfExpertsHereCount() {
    String three = Long.toString(4 * each - 1);
    assertThat(running("router.localExperts", "true", "router.stateBytes", three)).isEqualTo(3);
    assertThat(running("router.stateBytes", three)).as("experts are elsewhere").isGreaterThan(3);
    assertThat(running("router.localExperts", "true")).isEqualTo(64);
    assertThat(running("router.localExperts", "true", "router.stateBytes", "64TiB"))
        .as("no more than a share of the heap, whatever is asked for")
        .isEqualTo(64);
    assertThatThrownBy(
            () -> running("router.localExperts", "true", "router.stateBytes", (each - 1) + ""))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("router.stateBytes")
        .hasMessageContaining("takes " + each);
  }

  @Test
  void whoDoesNotFitWaitsAndIsAnsweredTheSame() {
    List<Answer> expected = new ArrayList<>();
    try (TestRouter roomy = TestRouter.local(model)) {
      for (int i = 0; i < 6; i++) {
        expected.add(roomy.generate(ask(ids(i, 12), 30).build()));
      }
    }
    try (TestRouter narrow =
        TestRouter.local(model, "router.stateBytes", Long.toString(3 * each - 1))) {
      List<CompletableFuture<Answer>> together = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        int seed = i;
        together.add(
            CompletableFuture.supplyAsync(
                () -> narrow.generate(ask(ids(seed, 12), 30).build()), Thread::startVirtualThread));
      }
      for (int i = 0; i < 6; i++) {
        assertThat(together.get(i).join().tokens()).isEqualTo(expected.get(i).tokens());
      }
    }
    try (TestRouter full =
        TestRouter.local(model, "router.stateBytes", Long.toString(each), "router.queue", "0")) {
      var events = full.inference().generate(ask(ids(1, 9), 4000).build());
      events.next();
      events.next();
      assertThatThrownBy(() -> full.generate(ask(ids(2, 9), 2).build()))
          .hasMessageContaining("RESOURCE_EXHAUSTED")
          .hasMessageContaining("1 requests run");
    }
  }
}
