package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.switchboard.model.kernel.KernelChoice.Wanted;
import dev.switchboard.model.kernel.NativeLibrary.Unavailable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The library that is shipped is made from the sources that are shipped. */
class NativeLibraryTest {
  private static final Path SOURCES = Path.of("src/main/native");
  private static final Path PREBUILT =
      Path.of("src/main/resources/native/linux-x86_64/libswitchboard-kernels.so");

  @Test
  void prebuiltLibraryIsOfTheseSources() throws Exception {
    String digest = digestOfSources();
    String prebuilt = new String(Files.readAllBytes(PREBUILT), StandardCharsets.ISO_8859_1);
    assertThat(prebuilt.contains(digest))
        .as("prebuilt library is of sources %s: if not, scripts/build-native.sh --prebuilt", digest)
        .isTrue();
  }

  @Test
  void loadedLibraryIsOfTheseSources() throws Exception {
    NativeLibrary library;
    try {
      library = NativeLibrary.load();
    } catch (Unavailable e) {
      assumeThat(true).as(e.getMessage()).isFalse();
      throw e;
    }
    assertThat(library.sourceDigest()).isEqualTo(digestOfSources());
  }

  private static String digestOfSources() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Path source : sources()) {
      digest.update(Files.readAllBytes(source));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      return files
          .filter(file -> file.toString().endsWith(".c") || file.toString().endsWith(".h"))
          .sorted()
          .toList();
    }
  }

  @Test
  void whatMayBeAskedFor() {
    assertThat(Wanted.of("native")).isEqualTo(Wanted.NATIVE);
    assertThatThrownBy(() -> Wanted.of("fast"))
        .hasMessage("switchboard.kernels is fast; expected one of [auto, java, native, scalar]");
    assertThatThrownBy(() -> ArithmeticOptions.isDot("yes"))
        .hasMessage("switchboard.bf16 is yes; expected exact or dot");
  }

  @Test
  void formsAreTakenByWhatTheProcessorCan() throws Exception {
    assertThat(NativeForm.choose(1)).isEqualTo(NativeForm.AVX2);
    assertThat(NativeForm.choose(3)).isEqualTo(NativeForm.AVXVNNI);
    assertThat(NativeForm.choose(5)).isEqualTo(NativeForm.AVX512);
    assertThatThrownBy(() -> NativeForm.choose(0))
        .isInstanceOf(Unavailable.class)
        .hasMessageContaining("AVX2");
  }
}
