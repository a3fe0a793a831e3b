package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufWriterTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsRead() throws Exception {
    Path target = folder.resolve("copy.gguf");
    try (GgufFile original = GgufFile.open(golden())) {
      GgufMetadata metadata = everyKind(original.metadata(), target);
      List<GgufWriter.Item> items =
          original.tensors().values().stream().map(GgufWriter.Item::of).toList();

      GgufWriter.write(target, metadata, items);

      try (GgufFile copy = GgufFile.open(target)) {
        assertThat(List.copyOf(copy.metadata().keys())).isEqualTo(List.copyOf(metadata.keys()));
        assertThat(digest(copy.metadata())).isEqualTo(digest(metadata));
        assertThat(copy.metadata().texts("texts")).containsExactly("ä", "", "b");
        assertThat(copy.metadata().integers("i32s")).containsExactly(-1, 7);
        assertThat(copy.metadata().numbers("f32s")).containsExactly(0.5f, -0f);
        assertThat(copy.metadata().flags("flags")).containsExactly(true, false);
        assertThat(copy.metadata().bytes("bytes")).containsExactly(1, -1);
        assertThat(copy.metadata().number("f32")).isEqualTo(0.1f);
        assertThat(copy.metadata().has("gone")).isFalse();
        original.tensors().forEach((name, tensor) -> assertSame(copy.tensors().get(name), tensor));
      }
      byte[] first = Files.readAllBytes(target);
      GgufWriter.write(target, metadata, items);
      assertThat(Files.readAllBytes(target)).isEqualTo(first);
    }
  }

  private static GgufMetadata everyKind(GgufMetadata first, Path target) {
    return new GgufMetadataBuilder()
        .all(first)
        .u32("general.alignment", 64)
        .u32("u32", 0xffff_ffffL)
        .f32("f32", 0.1)
        .flag("flag", true)
        .text("text", "ü")
        .text("gone", "")
        .texts("texts", List.of("ä", "", "b"))
        .i32s("i32s", new int[] {-1, 7})
        .f32s("f32s", new float[] {0.5f, -0f})
        .flags("flags", new boolean[] {true, false})
        .bytes("bytes", new byte[] {1, -1})
        .remove("gone")
        .build(target);
  }

  @Test
  void leavesTheTargetAsItWasIfItFails() throws IOException {
    Path target = Files.writeString(folder.resolve("old.gguf"), "old");
    GgufMetadata metadata = new GgufMetadataBuilder().build(target);
    List<Long> shape = List.of(4L);

    assertThatThrownBy(() ->
            GgufWriter.write(
                target,
                metadata,
                List.of(
                    new GgufWriter.Item(
                        "t",
                        DType.F32,
                        shape,
                        _ -> {
                          throw new IOException("No space left on device");
                        }))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(target.toString(), "cannot be written", "No space left");
    assertThatThrownBy(() ->
            GgufWriter.write(
                target, metadata, List.of(new GgufWriter.Item("t", DType.F32, shape, _ -> {}))))
        .hasMessageContaining("tensor t gave 0 bytes of 16");
    assertThatThrownBy(() ->
            GgufWriter.write(
                target,
                metadata,
                List.of(
                    new GgufWriter.Item(
                        "t",
                        DType.F32,
                        shape,
                        sink -> sink.write(MemorySegment.ofArray(new byte[17]))))))
        .hasMessageContaining("tensor t gives too many bytes");
    assertThatThrownBy(() ->
            GgufWriter.write(
                target,
                metadata,
                List.of(new GgufWriter.Item("t", DType.F32, List.of(1L << 55), _ -> {}))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(target.toString(), "needs", "free");

    assertThat(Files.readString(target)).isEqualTo("old");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void refusesWhatGgufCannotHold() {
    Path target = folder.resolve("t.gguf");
    GgufMetadata metadata = new GgufMetadataBuilder().build(target);
    GgufWriter.Item item = new GgufWriter.Item("t", DType.F32, List.of(0L), _ -> {});

    assertThatThrownBy(() -> GgufWriter.write(target, metadata, List.of(item, item)))
        .hasMessageContaining("tensor t");
    assertThatThrownBy(() ->
            GgufWriter.write(
                target,
                metadata,
                List.of(new GgufWriter.Item("u", DType.U64, List.of(0L), _ -> {}))))
        .hasMessageContaining("GGUF has no U64");
    assertThatThrownBy(() -> new GgufMetadataBuilder().u32("k", -1)).hasMessageContaining("key k");
  }

  private static void assertSame(Tensor read, Tensor written) {
    assertThat(read.dtype()).isEqualTo(written.dtype());
    assertThat(read.shape()).isEqualTo(written.shape());
    assertThat(read.data().toArray(ValueLayout.JAVA_BYTE))
        .isEqualTo(written.data().toArray(ValueLayout.JAVA_BYTE));
  }

  private static byte[] digest(GgufMetadata metadata) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    metadata.addTo(digest);
    return digest.digest();
  }

  private static Path golden() throws URISyntaxException {
    return Path.of(GgufWriterTest.class.getResource("/golden/gguf/widening.gguf").toURI());
  }
}
