package dev.switchboard.router.added;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.testing.FakeGrid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A deployment that starts again knows what was said about experts. */
class BookMemoryTest {
  private static final String MODEL = "fp";

  @TempDir private Path folder;

  private BookMemory begun(FakeGrid grid, String model, boolean here) {
    BookMemory memory = new BookMemory(folder, grid, model, added -> here);
    memory.begin().toCompletableFuture().join();
    return memory;
  }

  private ExpertBook afterRestart(String model, boolean here) {
    FakeGrid grid = new FakeGrid();
    begun(grid, model, here).close();
    return grid.view().experts();
  }

  private static void disable(FakeGrid grid, Integer... experts) {
    grid.changeExperts(book -> book.disabling(MODEL, List.of(experts)));
  }

  @Test
  void whatWasSaidIsSaidAgainByWhoeverStartsNext() {
    FakeGrid grid = new FakeGrid();
    try (BookMemory memory = begun(grid, MODEL, true)) {
      assertThat(grid.view().experts()).isEqualTo(ExpertBook.EMPTY);
      disable(grid, 2, 5);
      memory.remember(grid.view().experts());
    }
    assertThat(afterRestart(MODEL, true).disabled()).containsExactly(2, 5);
    assertThat(afterRestart("another", true)).isEqualTo(ExpertBook.EMPTY);
    assertThat(afterRestart(MODEL, true).disabled()).containsExactly(2, 5);
  }

  @Test
  void whatOthersSayIsRememberedToo() {
    FakeGrid grid = new FakeGrid();
    BookMemory memory = begun(grid, MODEL, true);
    disable(grid, 1);
    disable(grid);
    disable(grid, 3);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> afterRestart(MODEL, true).disabled().equals(List.of(3)));
    memory.close();
  }

  @Test
  void aGridThatHasNotSaidLessGoesBeforeTheFile() {
    FakeGrid grid = new FakeGrid();
    try (BookMemory memory = begun(grid, MODEL, true)) {
      disable(grid, 1);
      memory.remember(grid.view().experts());
    }
    FakeGrid other = new FakeGrid();
    disable(other, 7);
    begun(other, MODEL, true).close();
    assertThat(other.view().experts().disabled()).containsExactly(7);
    assertThat(afterRestart(MODEL, true).disabled()).containsExactly(7);
  }

  @Test
  void whoeverStartsFirstWithLessDoesNotWin() {
    FakeGrid grid = new FakeGrid();
    try (BookMemory memory = begun(grid, MODEL, true)) {
      disable(grid, 1);
      disable(grid, 1, 2);
      memory.remember(grid.view().experts());
    }
    FakeGrid other = new FakeGrid();
    disable(other, 7);
    begun(other, MODEL, true).close();
    assertThat(other.view().experts().disabled()).containsExactly(1, 2);
    assertThat(other.view().experts().epoch()).isEqualTo(2);
  }

  @Test
  void whoeverHasLostFilesGivesWayToWhoeverHasThem() {
    FakeGrid grid = new FakeGrid();
    try (BookMemory memory = begun(grid, MODEL, true)) {
      disable(grid, 1);
      grid.changeExperts(book -> book.with(MODEL, new ExpertBook.Added("go", 8, "f1", "/x")));
      memory.remember(grid.view().experts());
    }
    FakeGrid later = new FakeGrid();
    try (BookMemory poor = begun(later, MODEL, false)) {
      assertThat(later.view().experts().added()).isEmpty();
      begun(later, MODEL, true).close();
      assertThat(later.view().experts().added()).hasSize(1);
    }
  }

  @Test
  void nobodyWaitsForTheDiskOrForOtherRouters() {
    FakeGrid grid = new FakeGrid();
    try (BookMemory memory = begun(grid, MODEL, true)) {
      grid.changeExperts(book -> book.with(MODEL, new ExpertBook.Added("go", 8, "f1", "/x")));
      memory.remember(grid.view().experts());
    }
    CountDownLatch answered = new CountDownLatch(1);
    FakeGrid later = new FakeGrid();
    try (BookMemory memory = new BookMemory(folder, later, MODEL, added -> await(answered))) {
      CompletableFuture<Void> begun = memory.begin().toCompletableFuture();
      assertThat(begun).isNotDone();
      answered.countDown();
      begun.join();
      assertThat(later.view().experts().added()).hasSize(1);
    }
  }

  private static boolean await(CountDownLatch answered) {
    try {
      return answered.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anAddedExpertComesBackIfItsFilesAreThere() {
    FakeGrid grid = new FakeGrid();
    try (BookMemory memory = begun(grid, MODEL, true)) {
      disable(grid, 1, 8);
      grid.changeExperts(book -> book.with(MODEL, new ExpertBook.Added("go", 8, "f1", "/x")));
      memory.remember(grid.view().experts());
    }
    assertThat(afterRestart(MODEL, true).added()).hasSize(1);
    ExpertBook without = afterRestart(MODEL, false);
    assertThat(without.added()).isEmpty();
    assertThat(without.disabled()).containsExactly(1);
  }

  @Test
  void aDamagedFileIsPassedOverAndNothingElseIsLeft() throws IOException {
    Files.writeString(folder.resolve("experts.state"), "nonsense");
    FakeGrid grid = new FakeGrid();
    try (BookMemory memory = begun(grid, MODEL, true)) {
      assertThat(grid.view().experts()).isEqualTo(ExpertBook.EMPTY);
      disable(grid, 4);
      memory.remember(grid.view().experts());
    }
    assertThat(afterRestart(MODEL, true).disabled()).containsExactly(4);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("experts.state"));
    }
  }
}
