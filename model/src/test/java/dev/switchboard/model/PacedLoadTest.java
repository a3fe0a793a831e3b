package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.memory.Pace;
import dev.switchboard.model.packcache.PackOptions;
import dev.switchboard.model.testing.TinyModels;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loading at a pace, and sleep: the bits are the same whatever happens to the pages. */
class PacedLoadTest {
  @TempDir Path folder;

  /** What was read, piece by piece. */
  private static final class Counted implements Pace {
    long bytes;
    int pieces;

    @Override
    public void worked(long some) {
      bytes += some;
      pieces++;
    }

    @Override
    public boolean alone() {
      return true;
    }
  }

  private PackOptions packs() {
    return PackOptions.of(folder.resolve("packs").toString(), "mapped").ofAnySize();
  }

  private Path model(boolean mamba) {
    TinyModels tiny = TinyModels.seeded(11).dModel(512).bf16();
    return (mamba ? tiny.mambaExperts() : tiny).write(folder);
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

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void paceAndSleepChangeNoBit(boolean mamba) {
    Path path = model(mamba);
    Counted pace = new Counted();
    try (Model plain = Model.open(path, PackOptions.of("off", "auto"));
        Model paced = Model.open(path, packs());
        Model again = Model.open(path, packs())) {
      float[] expected = output(plain.loadExpert(1, 2));
      assertThat(plain.loadExpert(1, 2).matrices()).noneMatch(PackedMatrix::canRest);

      Expert packed = pace.during(() -> paced.loadExpert(1, 2));
      assertThat(pace.pieces).as("says what it does as it goes").isGreaterThan(10);
      // Read from the model's file, and from the packs.
      assertThat(pace.bytes).isGreaterThanOrEqualTo(packed.packedBytes());
      Expert found = again.loadExpert(1, 2);
      assertThat(again.packCacheBytes()).isEqualTo(found.packedBytes());
      for (Expert expert : new Expert[] {packed, found}) {
        assertThat(expert.matrices()).isNotEmpty().allMatch(PackedMatrix::canRest);
        assertThat(output(expert)).isEqualTo(expected);
        expert.matrices().forEach(PackedMatrix::rest);
        assertThat(output(expert)).as("asleep").isEqualTo(expected);
        expert.matrices().forEach(PackedMatrix::rest);
        expert.matrices().forEach(PackedMatrix::rouse);
        assertThat(output(expert)).as("woken").isEqualTo(expected);
      }
    }
  }
}
