package dev.switchboard.quality;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tracked text files name nothing that exists on one machine only. */
class WordsTest {
  private static final long LARGEST_TEXT_BYTES = 1 << 20;
  private static final Repository REPOSITORY = Repository.here();

  @Test
  void trackedFilesNameNoPrivatePlaces() throws IOException {
    List<String> complaints = new ArrayList<>();
    for (Path file : REPOSITORY.trackedFiles()) {
      byte[] bytes = Files.size(file) > LARGEST_TEXT_BYTES ? new byte[1] : Files.readAllBytes(file);
      if (isText(bytes)) {
        String name = REPOSITORY.root().relativize(file).toString();
        complaints.addAll(
            Words.complaints(name, new String(bytes, java.nio.charset.StandardCharsets.UTF_8)));
      }
    }
    assertThat(complaints).isEmpty();
  }

  private static boolean isText(byte[] bytes) {
    for (byte value : bytes) {
      if (value == 0) {
        return false;
      }
    }
    return true;
  }
}
