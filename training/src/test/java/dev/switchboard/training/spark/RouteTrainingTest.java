package dev.switchboard.training.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.GateInputs;
import dev.switchboard.model.Model;
import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.training.routes.GateSearch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of the embedded model, whose gates remember, with routes as the client writes them. */
class RouteTrainingTest {
  private static final int TOKENS = 160;
  private static final Path MODEL =
      Path.of(System.getProperty("switchboard.home", "..")).resolve("models/switchboard-mini");

  @TempDir static Path folder;
  private static Path routes;
  private static Model model;
  private static ServedExperts served;

  @BeforeAll
  static void record() throws IOException {
    model = Model.open(MODEL);
    served = new ServedExperts(model);
    routes = folder.resolve("routes.bin");
    int layers = model.moeLayers().size();
    int record = 12 + layers * (8 + 4 * model.plan().dModel());
    ByteBuffer bytes = ByteBuffer.allocate(2 * TOKENS * record).order(ByteOrder.LITTLE_ENDIAN);
    try (LocalExperts experts = model.localExperts()) {
      for (int sequence = 0; sequence < 2; sequence++) {
        read(sequence, new ForwardPass(model.trunk(), experts), bytes);
      }
    }
    Files.write(routes, bytes.array());
    Files.writeString(
        folder.resolve("routes.bin.json"),
        """
        {"format":"switchboard-routes","version":1,"model_fingerprint":"%s","d_model":%s,"top_k":1,\
        "layers":%s,"record_bytes":%s,"records":%s}
        """
            .formatted(
                model.fingerprint(), model.plan().dModel(), model.moeLayers(), record, 2 * TOKENS));
  }

  private static void read(int id, ForwardPass pass, ByteBuffer out) {
    int[] ids = new SplittableRandom(id + 5).ints(TOKENS, 300, 2500).toArray();
    GateInputs inputs = new GateInputs(model.plan().dModel());
    try (SequenceState sequence = model.trunk().newSequence(id, TOKENS)) {
      sequence.keepGateInputs(inputs);
      RoutingTrace trace =
          pass.run(List.of(new StepSegment(sequence, ids, false))).choices().getFirst();
      for (int t = 0; t < TOKENS; t++) {
        out.putInt(id).putInt(t).putInt(ids[t]);
        for (int i = 0; i < trace.moeLayers(); i++) {
          out.putInt(trace.expert(t, i, 0)).putFloat(trace.weights()[t * trace.moeLayers() + i]);
          for (float value : inputs.row(model.moeLayers().get(i), t)) {
            out.putFloat(value);
          }
        }
      }
    }
  }

  @AfterAll
  static void close() {
    served.close();
    model.close();
  }

  private static ObjectNode run(String name, String master, double most, boolean weights)
      throws IOException {
    GateSearch.Settings search =
        new GateSearch.Settings(weights, weights ? 8 : 40, weights ? 0.05 : 0.1, 1);
    RouteSettings settings =
        new RouteSettings(
            routes,
            MODEL,
            served.address(),
            folder.resolve(name),
            master,
            most,
            most == 0 ? 2 * TOKENS : 24,
            1,
            search,
            RouteSettings.Keeping.STANDARD);
    return new RouteTraining(settings).run();
  }

  @Test
  void theLoadIsEvenedWithinTheBound() throws IOException {
    ObjectNode one = run("one", "local[1]", 0.4, false);
    ObjectNode two = run("two", "local[2]", 0.4, false);

    assertThat(two.path("version")).as("whatever the partitions").isEqualTo(one.path("version"));
    assertThat(one.path("after").path("variation").asDouble())
        .isLessThan(one.path("before").path("variation").asDouble());
    for (JsonNode layer : one.path("layers")) {
      assertThat(layer.path("change").asDouble()).isBetween(0.0, 0.4);
    }
    assertThat(served.calls.get()).isPositive();
    assertThat(one.path("dataFingerprint").asText()).matches("[0-9a-f]{16}");
    assertThat(folder.resolve("one/checkpoint.state")).as("the search is over").doesNotExist();
    try (Model gated = Model.open(MODEL, Optional.of(folder.resolve("one")))) {
      assertThat(gated.trunk().plan().moeLayers()).isNotEmpty();
    }
  }

  @Test
  void nothingChangesWhereNothingMay() throws IOException {
    ObjectNode none = run("none", "local[2]", 0, false);
    assertThat(none.path("change").asDouble()).isZero();
    assertThat(none.path("after")).isEqualTo(none.path("before"));
  }

  @Test
  void weightsCanBeTrainedAsWell() throws IOException {
    ObjectNode report = run("weights", "local[2]", 0.5, true);
    assertThat(report.path("after").path("variation").asDouble())
        .isLessThanOrEqualTo(report.path("before").path("variation").asDouble());
    assertThat(report.path("change").asDouble()).isBetween(0.0, 0.5);
  }

  @Test
  void whatIsNotOfEachOtherIsRefused() throws IOException {
    Path cut = folder.resolve("cut.bin");
    Files.write(cut, new byte[100]);
    assertRefused(cut, "no recorded routes here");
    Files.copy(folder.resolve("routes.bin.json"), folder.resolve("cut.bin.json"));
    assertRefused(cut, "100 bytes; expected 320 records");
    Path other = folder.resolve("other.bin");
    Files.copy(routes, other);
    Files.writeString(
        folder.resolve("other.bin.json"),
        Files.readString(folder.resolve("routes.bin.json")).replace(model.fingerprint(), "f00"));
    assertRefused(other, "were recorded with the model f00");
  }

  private static void assertRefused(Path file, String why) {
    RouteSettings settings =
        new RouteSettings(
            file,
            MODEL,
            served.address(),
            folder.resolve("refused"),
            "local[1]",
            0.1,
            8,
            1,
            new GateSearch.Settings(false, 1, 0.1, 1),
            RouteSettings.Keeping.STANDARD);
    assertThatThrownBy(() -> new RouteTraining(settings))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
    assertThat(folder.resolve("refused")).doesNotExist();
  }
}
