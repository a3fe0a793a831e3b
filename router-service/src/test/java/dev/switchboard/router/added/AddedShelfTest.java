package dev.switchboard.router.added;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.router.files.VersionFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a router holds of added experts. */
class AddedShelfTest {
  private final List<ExpertBook.Added> book = new ArrayList<>();
  @TempDir private Path disk;
  private ExpertBook.Added go;
  private AddedShelf shelf;

  @BeforeEach
  void write() {
    VersionFolder<AddedExpert> folder = ExpertFiles.folder(disk.resolve("experts"));
    Path begun = folder.begin();
    Path base = TinyModels.seeded(11).write(disk.resolve("model"));
    AddedExpert expert = GrownModels.write(base, begun, "go");
    folder.take(begun, expert.fingerprint());
    go = new ExpertBook.Added("go", expert.index(), expert.fingerprint(), "");
    shelf = new AddedShelf(folder, fingerprint -> false, () -> List.copyOf(book));
  }

  @Test
  void anExpertIsReadOnceAndItsNumbersStayInTheFile() {
    book.add(go);
    WeightTable table = shelf.weights(go.fingerprint()).orElseThrow();
    assertThat(shelf.weights(go.fingerprint())).containsSame(table);
    assertThat(shelf.get(go)).isSameAs(shelf.get(go));
    assertThat(shelf.get(go).tensors().values()).allMatch(tensor -> tensor.data().isMapped());
  }

  @Test
  void oneThatHasLeftIsNeitherHeldNorGivenAway() {
    assertThat(shelf.weights(go.fingerprint())).isEmpty();
    book.add(go);
    AddedExpert held = shelf.get(go);
    book.clear();
    shelf.retainAdded();
    assertThat(shelf.weights(go.fingerprint())).isEmpty();
    book.add(go);
    assertThat(shelf.get(go)).isNotSameAs(held);
  }

  @Test
  void whatNobodyHasIsSaidSo() {
    ExpertBook.Added lost = new ExpertBook.Added("lost", 4, "0123456789abcdef", "");
    assertThatThrownBy(() -> shelf.get(lost))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("expert lost", "0123456789abcdef", "no other router");
  }
}
