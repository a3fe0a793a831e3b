package dev.switchboard.node.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.node.weights.FaultySource.Fault;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.weights.WeightTable;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteWeightsTest {
  private static final String MODEL = "fp";
  private static final int BYTES = (3 << 20) + 77;

  private final EventLoops loops = EventLoops.start("weights-test", 2);
  private final WeightChannels channels = new WeightChannels(loops);
  private final List<FaultySource> servers = new ArrayList<>();
  private final List<WeightSource> sources = new ArrayList<>();
  private final List<Duration> pauses = new ArrayList<>();
  private final byte[] stored = new byte[BYTES];

  RemoteWeightsTest() {
    new Random(5).nextBytes(stored);
  }

  @AfterEach
  void close() {
    channels.close();
    servers.forEach(FaultySource::close);
    loops.close();
  }

  @Test
  void exactlyWhatWasAskedForArrives() {
    serve(List.of(), 0);
    byte[] got = new byte[700_000];
    reader(MODEL).read("w", 1_000_001, MemorySegment.ofArray(got));
    for (int i = 0; i < got.length; i++) {
      assertThat(got[i]).isEqualTo(stored[1_000_001 + i]);
    }
    reader(MODEL).read("w", BYTES, MemorySegment.ofArray(new byte[0]));
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void afterAnyFaultTheNextSourceGoesOnFromTheLastGoodByte(Fault fault) {
    serve(List.of(fault, fault), 2);
    serve(List.of(), 0);
    RemoteWeights reader = reader(MODEL);
    assertThat(whole(reader)).isEqualTo(stored);
    assertThat(reader.failures()).isEqualTo(1);
    assertThat(pauses).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anySeriesOfFaultsIsSurvivedWhileSomebodyIsLeft(long seed) {
    Random random = new Random(seed);
    for (int s = 0; s < 3; s++) {
      List<Fault> faults = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        // Stalls cost their deadline each, and somebody must be left.
        faults.add(
            List.of(Fault.BREAK, Fault.DAMAGE, Fault.GAP, Fault.SHORT).get(random.nextInt(4)));
      }
      if (s > 0) {
        faults.add(Fault.DIE);
      }
      serve(faults, random.nextInt(4));
    }
    assertThat(whole(reader(MODEL))).as("seed %d", seed).isEqualTo(stored);
  }

  @Test
  void filesThatDifferWhereNobodyLooksAreNotMixed() {
    byte[] other = stored.clone();
    other[5] ^= 1;
    other[BYTES - 5] ^= 1;
    serve(other, List.of(Fault.BREAK), 2);
    serve(List.of(), 0);
    RemoteWeights reader = reader(MODEL);
    assertThat(whole(reader)).isEqualTo(stored);
    assertThat(reader.failures()).as("a broken stream, and one sum").isEqualTo(2);
  }

  @Test
  void aSourceThatContradictsItselfIsNotBelieved() {
    FaultySource changing = serve(stored.clone(), List.of(), 0);
    changing.liesAboutTheWhole();
    assertThatThrownBy(() -> whole(reader(MODEL))).hasMessageContaining("the whole has CRC-32C");
    serve(List.of(), 0);
    assertThat(whole(reader(MODEL))).isEqualTo(stored);
  }

  @Test
  void whenAllAreGoneEachIsNamedWithItsReason() {
    serve(List.of(Fault.DIE), 1);
    serve(List.of(Fault.DIE), 0);
    assertThatThrownBy(() -> whole(reader(MODEL)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tensor w of model fp cannot be fetched")
        .hasMessageContaining("source-0 at 127.0.0.1")
        .hasMessageContaining("source-1 at 127.0.0.1");
    assertThat(pauses).hasSize(3).isSorted();
  }

  @Test
  void anotherModelAnUnknownTensorAndTooManyBytesAreRefusedByName() {
    serve(List.of(), 0);
    assertThatThrownBy(() -> whole(reader("other")))
        .hasMessageContaining("weights of model other are wanted; here are those of fp");
    MemorySegment one = MemorySegment.ofArray(new byte[1]);
    assertThatThrownBy(() -> reader(MODEL).read("v", 0, one))
        .hasMessageContaining("there is no tensor v");
    assertThatThrownBy(() -> reader(MODEL).read("w", BYTES, one))
        .hasMessageContaining("bytes %d to %d of tensor w".formatted(BYTES, BYTES + 1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anExpertFromElsewhereComputesTheBitsOfOneFromFiles(boolean mamba, @TempDir Path folder) {
    TinyModels tiny = mamba ? TinyModels.seeded(3).mambaExperts() : TinyModels.seeded(3).bf16();
    try (Model here = Model.open(tiny.write(folder))) {
      serve(table(here), List.of(Fault.DAMAGE, Fault.BREAK), 0);
      WeightSource source = sources.getFirst();
      RemoteModel remote = RemoteModel.of(source, channels.to(source), Duration.ofSeconds(10));
      assertThat(remote.fingerprint()).isEqualTo(here.fingerprint());
      try (Model there = remote.open(reader(remote.fingerprint()))) {
        assertThat(there.fingerprint()).isEqualTo(here.fingerprint());
        assertThat(there.expertLayers()).isEqualTo(here.expertLayers());
        long opened = there.bytesRead();
        assertThat(opened).as("no weights yet").isLessThan(100);
        assertThat(output(there.loadExpert(1, 2))).isEqualTo(output(here.loadExpert(1, 2)));
        assertThat(there.bytesRead()).isEqualTo(here.bytesRead()).isGreaterThan(opened + 1000);
      }
    }
  }

  private static float[] output(Expert expert) {
    float[] in = new float[expert.dModel() * 3];
    for (int i = 0; i < in.length; i++) {
      in[i] = (i * 7 % 13 - 6) / 5f;
    }
    float[] out = new float[in.length];
    expert.forward(in, 0, 3, expert.newState(), out, 0, new Scratch());
    return out;
  }

  private static WeightTable table(Model model) {
    Checkpoint all = model.checkpoint();
    WeightTable table = new WeightTable(model.fingerprint(), model.plan().name(), all.configText());
    for (String name : all.names()) {
      var tensor = all.find(name).orElseThrow();
      table.add(name, tensor.dtype().name(), tensor.shape(), tensor.data());
    }
    return table;
  }

  private byte[] whole(RemoteWeights reader) {
    byte[] got = new byte[BYTES];
    reader.read("w", 0, MemorySegment.ofArray(got));
    return got;
  }

  private RemoteWeights reader(String model) {
    return new RemoteWeights(
        model,
        () -> sources,
        channels,
        new RemoteWeights.Patience(Duration.ofSeconds(2), Duration.ofMillis(100), 3, pauses::add));
  }

  private void serve(List<Fault> faults, int sound) {
    serve(stored, faults, sound);
  }

  private FaultySource serve(byte[] bytes, List<Fault> faults, int sound) {
    WeightTable table = new WeightTable(MODEL, "m", "{}");
    table.add("w", "U8", List.of((long) BYTES), MemorySegment.ofArray(bytes));
    return serve(table, faults, sound);
  }

  private FaultySource serve(WeightTable table, List<Fault> faults, int sound) {
    FaultySource server = new FaultySource(table, loops, faults, sound);
    servers.add(server);
    sources.add(server.source("source-" + sources.size()));
    return server;
  }
}
