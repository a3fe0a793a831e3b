package dev.switchboard.model.packcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.kernel.PackedMatrix;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackFolderTest {
  private static final PackOptions OPTIONS = PackOptions.of("auto", "mapped").ofAnySize();

  @TempDir Path folder;

  private final TestPacking packing = new TestPacking();

  private PackFolder open() {
    return new PackFolder(folder, OPTIONS, true, 0);
  }

  private PackedMatrix take(PackFolder from) {
    return from.matrix(TestPacking.ORIGIN, packing.of(1));
  }

  private List<Path> packs() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".pack")).toList();
    }
  }

  @Test
  void isPackedOnceAndFoundThen() throws Exception {
    PackedMatrix first = take(open());
    int opened = packing.opened.get();
    PackFolder second = open();
    PackedMatrix found = take(second);
    assertThat(packing.opened).as("rows are not looked at again").hasValue(opened);
    assertThat(second.bytesFound()).isEqualTo(first.packedBytes()).isEqualTo(found.packedBytes());
    assertThat(packs()).hasSize(1);
  }

  @Test
  void aDamagedFileIsReplaced() throws Exception {
    take(open());
    Path file = packs().getFirst();
    assertThat(file.toFile().setWritable(true)).isTrue();
    Files.write(file, new byte[100]);
    int opened = packing.opened.get();
    take(open());
    assertThat(packing.opened.get()).isGreaterThan(opened);
    assertThat(PackFile.verify(packs().getFirst()).origin()).startsWith(TestPacking.ORIGIN);
  }

  @Test
  void aForeignFolderInPlaceOfAFileIsGoneAround() throws Exception {
    take(open());
    Path file = packs().getFirst();
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(take(open()).packedBytes()).isPositive();
  }

  @Test
  void whatIsNotOfFilesIsNotKept() throws Exception {
    open().matrix("", packing.of(1));
    new PackFolder(folder, PackOptions.of("auto", "auto"), true, 0).matrix("small", packing.of(1));
    open().matrix("x".repeat(5000), packing.of(1));
    assertThat(packs()).isEmpty();
  }

  @Test
  void aFullDiskCostsTimeAlone() throws Exception {
    PackFolder full = new PackFolder(folder, OPTIONS, true, Long.MAX_VALUE / 2);
    assertThat(take(full).packedBytes()).isPositive();
    assertThat(take(full).packedBytes()).isPositive();
    assertThat(packs()).isEmpty();
  }

  @Test
  void aFolderThatIsGoneCostsTimeAlone() throws Exception {
    PackFolder gone = new PackFolder(folder.resolve("not/there"), OPTIONS, true, 0);
    assertThat(take(gone).packedBytes()).isPositive();
    PackFolder readOnly = new PackFolder(folder, OPTIONS, false, 0);
    assertThat(take(readOnly).packedBytes()).isPositive();
    assertThat(packs()).isEmpty();
  }

  @Test
  void severalAtOncePackOnce() throws Exception {
    int threads = 4;
    CyclicBarrier together = new CyclicBarrier(threads);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<PackedMatrix>> taken =
          IntStream.range(0, threads)
              .mapToObj(i ->
                  pool.submit(() -> {
                    together.await();
                    return take(open());
                  }))
              .toList();
      for (Future<PackedMatrix> one : taken) {
        assertThat(one.get().packedBytes()).isPositive();
      }
    }
    assertThat(packs()).hasSize(1);
    assertThat(packing.opened).hasValue(1);
  }

  @Test
  void whoHoldsALockForEverIsNotWaitedFor() throws Exception {
    PackLocks locks = new PackLocks(folder, Duration.ofMillis(20));
    try (FileChannel other =
            FileChannel.open(
                folder.resolve(PackLocks.FILE),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock held = other.lock()) {
      assertThat(held.isValid()).isTrue();
      assertThatThrownBy(() -> locks.holding(folder.resolve("a"), () -> 1))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another process");
    }
    assertThat(locks.<Integer>holding(folder.resolve("a"), () -> 1)).isEqualTo(1);
  }
}
