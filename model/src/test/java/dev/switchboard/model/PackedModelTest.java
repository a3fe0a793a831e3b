package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.packcache.PackOptions;
import dev.switchboard.model.sampling.LogitsDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Found packed, copied or packed anew: the same bits. */
class PackedModelTest {
  @TempDir Path folder;
  @TempDir Path cache;

  @ParameterizedTest
  @EnumSource
  void theSameBits(ForwardPassTest.Kind kind) throws IOException {
    kind.model().write(folder);
    String plain = digest(PackOptions.of("off", "auto"));
    assertThat(packs()).isZero();
    PackOptions mapped = PackOptions.of(cache.toString(), "mapped").ofAnySize();
    assertThat(digest(mapped)).as("packed into files").isEqualTo(plain);
    assertThat(packs()).isPositive();
    assertThat(digest(mapped)).as("found").isEqualTo(plain);
    assertThat(digest(PackOptions.of(cache.toString(), "copied").ofAnySize()))
        .as("copied")
        .isEqualTo(plain);
  }

  private long packs() throws IOException {
    try (Stream<Path> files = Files.walk(cache)) {
      return files.filter(file -> file.toString().endsWith(".pack")).count();
    }
  }

  private String digest(PackOptions options) {
    LogitsDigest digest = new LogitsDigest();
    try (Model model = Model.open(folder, options)) {
      ForwardPass pass = new ForwardPass(model.trunk(), model.localExperts());
      SequenceState sequence = model.trunk().newSequence(1);
      for (int token = 0; token < 9; token++) {
        int[] ids = {token * 37 % model.trunk().vocabulary()};
        digest.add(pass.run(List.of(new StepSegment(sequence, ids, true))).logits()[0]);
      }
    }
    return digest.hex();
  }
}
