package dev.switchboard.model.packcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.packcache.PackCaches.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackCachesTest {
  private static final PackOptions OPTIONS = PackOptions.of("auto", "mapped").ofAnySize();

  @TempDir Path work;

  private Path user;
  private Path weights;
  private PackSource source;

  @BeforeEach
  void makeModel() throws IOException {
    user = work.resolve("user/packs");
    Path model = Files.createDirectories(work.resolve("model"));
    weights = Files.write(model.resolve("model.safetensors"), new byte[10]);
    source = new PackSource(model, "tiny", "f00d", List.of(weights));
  }

  private PackFolder open(PackOptions options) {
    return PackPlaces.open(source, options, user).orElseThrow();
  }

  private List<Entry> list() throws IOException {
    return PackCaches.in(user).list(List.of());
  }

  @Test
  void liesBesideTheModelAndIsListed() throws IOException {
    PackFolder folder = open(OPTIONS);
    assertThat(folder.folder().getParent()).isEqualTo(source.path().resolve(".switchboard"));
    new PackFolder(folder.folder(), OPTIONS, true, 0)
        .matrix(TestPacking.ORIGIN, new TestPacking().of(1));
    assertThat(list())
        .singleElement()
        .satisfies(entry -> {
          assertThat(entry.name()).isEqualTo("tiny");
          assertThat(entry.model()).isEqualTo(source.path());
          assertThat(entry.files()).isEqualTo(1);
          assertThat(entry.bytes()).isGreaterThan(4096);
          assertThat(entry.stale()).isEmpty();
        });
  }

  @Test
  void ofAGgufFileItLiesBesideTheFile() {
    assertThat(PackPlaces.beside(weights))
        .isEqualTo(source.path().resolve("model.safetensors.switchboard"));
  }

  @Test
  void whereTheModelCannotBeWrittenTheUsersFolderIsTaken() throws IOException {
    Files.write(source.path().resolve(".switchboard"), new byte[0]);
    assertThat(open(OPTIONS).folder().getParent()).isEqualTo(user);
    assertThat(list()).hasSize(1);
  }

  @Test
  void aNamedFolderIsTaken() throws IOException {
    Path named = work.resolve("elsewhere");
    assertThat(open(PackOptions.of(named.toString(), "auto")).folder().getParent())
        .isEqualTo(named);
    assertThat(list()).hasSize(1);
  }

  @Test
  void nowhereToWriteIsNoCache() throws IOException {
    Path file = Files.write(work.resolve("file"), new byte[0]);
    assertThat(PackPlaces.open(source, PackOptions.of(file.toString(), "auto"), user)).isEmpty();
  }

  @Test
  void changedFilesAreAnotherModel() throws IOException {
    Path first = open(OPTIONS).folder();
    Files.setLastModifiedTime(weights, FileTime.from(Instant.ofEpochSecond(1_000_000)));
    assertThat(list())
        .singleElement()
        .extracting(Entry::stale)
        .isEqualTo(Optional.of("the model's files have changed"));
    Path second = open(OPTIONS).folder();
    assertThat(second).isNotEqualTo(first);
    assertThat(first).as("what nobody can use any more is removed").doesNotExist();
  }

  @Test
  void aModelThatIsGoneLeavesAStaleCache() throws IOException {
    open(PackOptions.of(work.resolve("elsewhere").toString(), "auto"));
    Files.delete(weights);
    Files.deleteIfExists(source.path());
    assertThat(list())
        .singleElement()
        .extracting(Entry::stale)
        .isEqualTo(Optional.of("the model is gone"));
  }

  @Test
  void removesAllOfIt() throws IOException {
    Path folder = open(OPTIONS).folder();
    PackCaches caches = PackCaches.in(user);
    caches.remove(list().getFirst());
    assertThat(folder.getParent()).doesNotExist();
    assertThat(list()).isEmpty();
    try (Stream<Path> notes = Files.list(user)) {
      assertThat(notes).isEmpty();
    }
  }

  @Test
  void tellsWhichFilesAreDamaged() throws IOException {
    Path folder = open(OPTIONS).folder();
    PackFile.write(folder.resolve("a.pack"), "a", new TestPacking().of(1));
    Files.write(folder.resolve("b.pack"), new byte[5000]);
    PackCaches caches = PackCaches.in(user);
    assertThat(caches.verify(list().getFirst()))
        .singleElement()
        .satisfies(damage -> assertThat(damage.file()).hasFileName("b.pack"));
  }

  @Test
  void whatADeadProcessLeftIsRemoved() throws IOException {
    Path folder = open(OPTIONS).folder();
    Path old = Files.write(folder.resolve(".a.pack.1.tmp"), new byte[9]);
    Files.setLastModifiedTime(old, FileTime.from(Instant.ofEpochSecond(1_000_000)));
    Path fresh = Files.write(folder.resolve(".b.pack.2.tmp"), new byte[9]);
    open(OPTIONS);
    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
  }
}
