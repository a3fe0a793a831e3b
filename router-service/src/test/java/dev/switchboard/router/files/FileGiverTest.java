package dev.switchboard.router.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.switchboard.router.testing.FakeCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files go out as readers take them. */
class FileGiverTest {
  private static final int LARGE_BYTES = 5 * PartStream.PART_BYTES + 17;

  private final FileGiver giver = new FileGiver();
  @TempDir private Path folder;
  private byte[] large;
  private List<FileGiver.Source<ByteString>> files;

  @BeforeEach
  void write() throws IOException {
    large = new byte[LARGE_BYTES];
    new Random(3).nextBytes(large);
    Path first = Files.write(folder.resolve("first"), new byte[] {1, 2, 3});
    Path empty = Files.write(folder.resolve("empty"), new byte[0]);
    Path second = Files.write(folder.resolve("second"), large);
    files =
        List.of(
            new FileGiver.Source<>(first, bytes -> bytes),
            new FileGiver.Source<>(empty, bytes -> bytes),
            new FileGiver.Source<>(second, bytes -> bytes));
  }

  private FakeCall<ByteString> reader(int room) {
    FakeCall<ByteString> call = new FakeCall<>();
    call.room = room;
    giver.give(files, call);
    return call;
  }

  @Test
  void aReaderIsSentNoMoreThanItTakes() {
    FakeCall<ByteString> slow = reader(2);
    assertThat(slow.taken).hasSize(2);
    slow.takes(1);
    assertThat(slow.taken).hasSize(3);
    assertThat(slow.completed).isFalse();
    slow.takes(100);
    assertThat(slow.completed).isTrue();
    ByteString all = ByteString.copyFrom(slow.taken);
    assertThat(all)
        .isEqualTo(ByteString.copyFrom(new byte[] {1, 2, 3}).concat(ByteString.copyFrom(large)));
    assertThat(slow.taken).allMatch(part -> part.size() <= PartStream.PART_BYTES);
  }

  @Test
  void readersBeyondTheBoundAreToldToComeBack() {
    List<FakeCall<ByteString>> served = new ArrayList<>();
    for (int i = 0; i < FileGiver.MOST_READERS; i++) {
      served.add(reader(1));
    }
    assertThat(reader(1).error).hasMessageContaining("RESOURCE_EXHAUSTED");
    served.getFirst().cancel();
    served.get(1).takes(100);
    assertThat(served.get(1).completed).isTrue();
    assertThat(reader(100).completed).isTrue();
    assertThat(reader(1).error).isNull();
    assertThat(served.getFirst().taken).hasSize(1);
  }

  @Test
  void aFileThatIsGoneIsSaidSoAndCostsNoReader() throws IOException {
    Files.delete(folder.resolve("second"));
    for (int i = 0; i <= FileGiver.MOST_READERS; i++) {
      assertThat(reader(100).error).hasMessageContainingAll("INTERNAL", "second");
    }
  }
}
