package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.model.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may still wake an expert that is to leave. */
class GateUsesTest {
  private static final int OWN = 4;
  private static final int GO = 4;
  private static final Ending OVER = new Ending(Ending.Kind.CANCELLED, "over");

  @TempDir Path folder;
  private ExpertMask leaving = ExpertMask.NONE;
  private final GateUses uses = new GateUses(OWN, () -> leaving);
  private final List<Ending> heard = new ArrayList<>();
  private GateUse grown;
  private GateUse usual;

  @BeforeEach
  void load() {
    Path base = TinyModels.seeded(11).write(folder.resolve("model"));
    AddedExpert expert = GrownModels.write(base, folder.resolve("go"), "go");
    try (Model model = Model.open(base)) {
      grown = GateUse.of(model.gates(expert, expert.gate()));
      usual = model.trunk().usualGates();
    }
  }

  private static EngineRequest request(GateUse use) {
    return new EngineRequest("r", "c", new int[] {1}, 1, 0, new Work.Judge()).under(use);
  }

  private final class Heard extends SilentSink {
    @Override
    public void failed(Ending ending) {
      heard.add(ending);
    }
  }

  @Test
  void aRequestThatKnowsTheExpertIsCountedUntilItsEnd() {
    assertThat(uses.admitted(1, request(grown)).gates()).contains(grown);
    RequestSink sink = uses.counted(1, new Heard());
    assertThat(uses.mayWake(GO)).isEqualTo(1);
    sink.failed(OVER);
    assertThat(heard).containsExactly(OVER);
    assertThat(uses.mayWake(GO)).isZero();
  }

  @Test
  void whoeverDoesNotKnowItOrDoesWithoutItIsNotWaitedFor() {
    RequestSink sink = new Heard();
    uses.admitted(1, request(usual));
    assertThat(uses.counted(1, sink)).isSameAs(sink);
    uses.admitted(2, request(grown.without(ExpertMask.of(List.of(GO)))));
    assertThat(uses.mayWake(GO)).isZero();
  }

  @Test
  void anExpertThatLeftBetweenTheChoiceAndTheDoorIsNotWoken() {
    leaving = ExpertMask.of(List.of(GO));
    EngineRequest admitted = uses.admitted(1, request(grown));
    assertThat(admitted.gates().orElseThrow().mask().has(GO)).isTrue();
    assertThat(uses.mayWake(GO)).isZero();
  }

  @Test
  void aRequestThatHasNobodyElseKeepsTheExpert() {
    leaving = ExpertMask.of(List.of(GO));
    GateUse alone = grown.without(ExpertMask.of(List.of(0, 1, 2, 3)));
    assertThat(uses.admitted(1, request(alone)).gates()).contains(alone);
    assertThat(uses.mayWake(GO)).isEqualTo(1);
  }
}
