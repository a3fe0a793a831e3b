package dev.switchboard.training.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.training.data.ByteTokenizer;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizedDataTest {
  @TempDir private Path folder;
  private Path data = Path.of("");

  @BeforeEach
  void someTexts() throws IOException {
    data = Files.createDirectory(folder.resolve("data"));
    write("prose/a.txt", "one\n\0\ntwo two\n\0\nthree three three");
    write("prose/b.txt", "four\n\0\nfive");
    write("lines/all.jsonl", "{\"text\": \"x\"}\n\n{\"text\": \"yy\", \"other\": 1}\n");
    write("given/train.txt", "to learn from");
    write("given/test.txt", "to be asked");
  }

  private void write(String name, String text) throws IOException {
    Path file = data.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private ObjectNode tokenize(String out, String master) throws IOException {
    return TokenizedData.write(
        new TokenizeSettings(
            data, ByteTokenizer.in(folder), folder.resolve(out), "text", 0.2, 5, master));
  }

  @Test
  void everyDocumentIsThereOnceForTrainingOrHeldOut() throws IOException {
    try (SparkSession session = Sessions.open("local[1]")) {
      session
          .createDataset(List.of("first table row", "second", "third"), Encoders.STRING())
          .toDF("text")
          .write()
          .parquet(data.resolve("table/rows.parquet").toString());
    }
    ObjectNode one = tokenize("one", "local[1]");
    assertThat(one.path("domains").fieldNames())
        .toIterable()
        .containsExactly("given", "lines", "prose", "table");
    assertThat(documents(one, "prose")).isEqualTo(5);
    assertThat(documents(one, "table")).isEqualTo(3);
    assertThat(one.path("domains").path("given").path("test").path("bytes").asInt()).isEqualTo(11);
    for (var domain : one.path("domains")) {
      assertThat(domain.path("train").path("documents").asInt()).isPositive();
      assertThat(domain.path("test").path("documents").asInt()).isPositive();
    }
    assertThat(tokenize("two", "local[2]").path("fingerprint")).isEqualTo(one.path("fingerprint"));
    try (Vocabulary vocabulary = Vocabulary.read(ByteTokenizer.in(folder))) {
      List<Domain> domains = TokenizedData.read(folder.resolve("one"), vocabulary, "local[1]");
      assertThat(Domain.fingerprint(domains))
          .isEqualTo(
              Domain.fingerprint(
                  TokenizedData.read(folder.resolve("two"), vocabulary, "local[2]")));
      assertThat(vocabulary.decode(words(domains.getFirst().test()))).isEqualTo("to be asked");
    }
  }

  private static int documents(ObjectNode description, String domain) {
    var sizes = description.path("domains").path(domain);
    return sizes.path("train").path("documents").asInt()
        + sizes.path("test").path("documents").asInt();
  }

  private static int[] words(int[] tokens) {
    return IntStream.of(tokens).filter(token -> token != Vocabulary.END_OF_TEXT).toArray();
  }

  @Test
  void aDataSetThatWasChangedIsRefused() throws IOException {
    tokenize("set", "local[1]");
    Path description = folder.resolve("set/dataset.json");
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(Files.readString(description));
    json.put("fingerprint", "sum64-0000000000000001");
    Files.writeString(description, json.toString());
    try (Vocabulary vocabulary = Vocabulary.read(ByteTokenizer.in(folder))) {
      assertThatThrownBy(() -> TokenizedData.read(folder.resolve("set"), vocabulary, "local[1]"))
          .isInstanceOf(IOException.class)
          .hasMessageContainingAll("set has changed", "not sum64-0000000000000001");
    }
  }

  @Test
  void whatCannotBeUsedIsNamed() throws IOException {
    refused("lonely/a.txt", "one document", "domain lonely has one document");
    refused("empty/a.txt", "", "domain empty has no document");
    refused("odd/a.pdf", "x", "a.pdf: of no known kind");
    refused("bad/a.jsonl", "{\"text\": \"x\"}\n{\"text\": 5}", "a.jsonl, line 2: no text under");
    refused("cut/a.jsonl", "{\"text\": ", "a.jsonl, line 1: not JSON");
    refused("table/a.parquet", "no table", "a.parquet: no Parquet file");
    byte[] bytes = "some bad bytes".getBytes(StandardCharsets.UTF_8);
    bytes[6] = (byte) 0xc3;
    Path bad = Files.createDirectories(data.resolve("bytes")).resolve("a.txt");
    Files.write(bad, bytes);
    assertThatThrownBy(() -> tokenize("out", "local[1]"))
        .hasMessageContainingAll("a.txt is not UTF-8", "0xc3 at offset 6");
    Files.write(bad, Arrays.copyOf(bytes, 0));
  }

  private void refused(String name, String text, String reason) throws IOException {
    write(name, text);
    assertThatThrownBy(() -> tokenize("out", "local[1]"))
        .as(name)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
    assertThat(TokenizedData.isIn(folder.resolve("out"))).isFalse();
    Files.delete(data.resolve(name));
    Files.delete(data.resolve(name).getParent());
  }
}
