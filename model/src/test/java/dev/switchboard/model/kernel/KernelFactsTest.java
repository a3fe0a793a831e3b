package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelFactsTest {
  @TempDir private Path folder;

  @Test
  void theProcessorsFeaturesAreThoseThatKernelsAreMadeFor() throws IOException {
    Path info = folder.resolve("cpuinfo");
    Files.writeString(
        info,
        "processor\t: 0\nmodel name\t: some AVX2: thing\n"
            + "flags\t\t: fpu sse2 avx512f avx2 avx512_vnni fma\nbugs\t\t: avx512_bf16\n");

    assertThat(ProcessorFeatures.of(info)).containsExactly("avx2", "avx512_vnni", "avx512f", "fma");
  }

  @Test
  void aSystemThatDoesNotTellHasNone() throws IOException {
    assertThat(ProcessorFeatures.of(folder.resolve("none"))).isEmpty();
    Path info = folder.resolve("cpuinfo");
    Files.writeString(info, "processor\t: 0\n");
    assertThat(ProcessorFeatures.of(info)).isEmpty();
  }

  @Test
  void factsAgreeWithWhatIsToldToPeople() {
    KernelFacts facts = Kernels.facts();

    assertThat(facts.kind()).isIn("native", "java", "scalar");
    if (facts.vectorBits() > 0) {
      assertThat(Kernels.describe()).contains(facts.vectorBits() + "-bit");
    }
    assertThat(Kernels.describe().startsWith("native ")).isEqualTo(facts.kind().equals("native"));
    assertThat(Kernels.describe()).contains(facts.nativeForm());
  }
}
