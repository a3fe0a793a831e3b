package dev.switchboard.integration;

import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The models that clusters of this module serve: random ones of a few hundred kilobytes. */
final class Models {
  static final int EXPERTS = 8;
  static final int LAYERS = 2;

  private static final TinyModels TINY = TinyModels.seeded(7).experts(EXPERTS).layers(LAYERS);
  private static final Path FOLDER = Path.of("target", "models").toAbsolutePath();

  /** Width of the residual stream. */
  static final int WIDTH = TINY.dModel();

  static final int VOCABULARY = TINY.vocabulary();

  private static final int FIRST_BYTE_TOKEN = 2;

  private Models() {}

  private static final class Ffn {
    static final Path PATH = write(TINY, "ffn");
  }

  private static final class Wide {
    static final Path PATH = write(TINY.dModel(8192), "wide");
  }

  private static final class Mamba {
    static final Path PATH = write(TINY.mambaExperts(), "mamba");
  }

  private static final class Next {
    static final Path PATH =
        write(TinyModels.seeded(8).experts(EXPERTS).layers(LAYERS), "ffn-next");
  }

  /** Other weights of the same shape as {@link #ffn}. */
  static Path ffnNext() {
    return Next.PATH;
  }

  /** Two layers of eight FFN experts, one awake. */
  static Path ffn() {
    return Ffn.PATH;
  }

  /** Two layers of eight FFN experts whose matrices are some hundred kilobytes each. */
  static Path wide() {
    return Wide.PATH;
  }

  /** The same with Mamba experts, which have a state. */
  static Path mamba() {
    return Mamba.PATH;
  }

  private static Path write(TinyModels model, String name) {
    try {
      return model.write(Files.createDirectories(FOLDER.resolve(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Token ids that look like bytes of a text; a longer prompt begins with the shorter one. */
  static int[] prompt(int tokens) {
    int[] ids = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      ids[i] = FIRST_BYTE_TOKEN + Math.floorMod(i * i * 7 + i * 37 + 11, 256);
    }
    return ids;
  }
}
