package dev.switchboard.training.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.training.data.CorpusFile;
import dev.switchboard.training.data.Document;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Texts;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.run.MetricsLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/**
 * A data set that is tokenized once: a folder of Parquet files, shuffled and split by document, and
 * {@code dataset.json}, which is written last. The fingerprint is a sum over documents, so it does
 * not depend on how Spark shared out the work.
 */
public final class TokenizedData {
  private static final String DESCRIPTION = "dataset.json";
  private static final String FORMAT = "switchboard-tokens";
  private static final String DOCUMENTS = "documents";
  private static final StructType SCHEMA =
      new StructType()
          .add("domain", DataTypes.StringType, false)
          .add("test", DataTypes.BooleanType, false)
          .add("key", DataTypes.LongType, false)
          .add("bytes", DataTypes.IntegerType, false)
          .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType, false), false);

  private TokenizedData() {}

  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(DESCRIPTION));
  }

  /** Writes a data set and returns its description. */
  public static ObjectNode write(TokenizeSettings settings) throws IOException {
    if (Files.exists(settings.out()) && !isIn(settings.out())) {
      throw new IOException(settings.out() + " is there already, and is no data set");
    }
    List<CorpusFile> files = CorpusFile.find(settings.data().toAbsolutePath());
    byte[] tokenizer = Texts.readBytes(settings.tokenizer());
    try (SparkSession session = Sessions.open(settings.master())) {
      JavaRDD<Documents.Outcome> outcomes =
          new Documents(session, settings, tokenizer)
              .of(files)
              .persist(StorageLevel.MEMORY_AND_DISK());
      List<String> problems =
          outcomes.filter(o -> o.document() == null).map(Documents.Outcome::problem).take(1);
      if (!problems.isEmpty()) {
        throw new IOException(problems.getFirst());
      }
      JavaRDD<Document> documents = split(outcomes.map(TokenizedData::document), files);
      Path out = settings.out().toAbsolutePath(); // executors have a directory of their own
      Files.deleteIfExists(out.resolve(DESCRIPTION)); // from here on there is no data set
      session
          .createDataFrame(documents.map(TokenizedData::row), SCHEMA)
          .orderBy("domain", "test", "key")
          .write()
          .mode(SaveMode.Overwrite)
          .parquet(out.resolve(DOCUMENTS).toString());
      ObjectNode description = describe(documents);
      description.put("tokenizer", tokenizer(tokenizer)).put("seed", settings.seed());
      JsonFiles.write(out.resolve(DESCRIPTION), description);
      return description;
    }
  }

  private static Document document(Documents.Outcome outcome) {
    Document document = outcome.document();
    if (document == null) {
      throw new IllegalStateException(outcome.problem());
    }
    return document;
  }

  /** Where the hashes have held out no document of a domain, the one with the least key is. */
  private static JavaRDD<Document> split(JavaRDD<Document> documents, List<CorpusFile> files)
      throws IOException {
    Map<String, Long> all = new TreeMap<>(documents.map(Document::domain).countByValue());
    Map<String, Long> test = documents.filter(Document::test).map(Document::domain).countByValue();
    for (String domain : files.stream().map(CorpusFile::domain).distinct().toList()) {
      long count = all.getOrDefault(domain, 0L);
      if (count < 2) {
        throw new IOException(
            "domain %s has %s; one is held out, so there must be two"
                .formatted(domain, count == 0 ? "no document" : "one document"));
      }
    }
    Map<String, Long> least =
        documents
            .mapToPair(d -> new Tuple2<>(d.domain(), d.key()))
            .reduceByKey(Math::min)
            .collectAsMap();
    Map<String, Long> chosen = new TreeMap<>(least);
    chosen.keySet().removeAll(test.keySet());
    return chosen.isEmpty() ? documents : documents.map(d -> isChosen(chosen, d) ? d.heldOut() : d);
  }

  private static boolean isChosen(Map<String, Long> chosen, Document document) {
    Long key = chosen.get(document.domain());
    return key != null && key == document.key();
  }

  private static Row row(Document d) {
    return RowFactory.create(d.domain(), d.test(), d.key(), d.bytes(), d.tokens());
  }

  private static ObjectNode describe(JavaRDD<Document> documents) {
    ObjectNode description = MetricsLog.line();
    description.put("format", FORMAT).put("version", 1);
    long sum = documents.map(Document::fingerprint).reduce(Long::sum);
    description.put("fingerprint", fingerprint(sum));
    Map<String, long[]> sizes =
        new TreeMap<>(
            documents
                .mapToPair(d ->
                    new Tuple2<>(
                        d.domain() + (d.test() ? "/test" : "/train"),
                        new long[] {1, d.tokens().length, d.bytes()}))
                .reduceByKey((a, b) -> new long[] {a[0] + b[0], a[1] + b[1], a[2] + b[2]})
                .collectAsMap());
    ObjectNode domains = description.putObject("domains");
    sizes.forEach((name, size) -> {
      String[] parts = name.split("/(?=[^/]*$)", 2);
      domains
          .withObjectProperty(parts[0])
          .putObject(parts[1])
          .put("documents", size[0])
          .put("tokens", size[1])
          .put("bytes", size[2]);
    });
    return description;
  }

  private static String tokenizer(byte[] content) {
    CRC32C sum = new CRC32C();
    sum.update(content);
    return "crc32c-%08x".formatted(sum.getValue());
  }

  /** Reads a data set with a Spark of its own. */
  public static List<Domain> read(Path folder, Vocabulary vocabulary, String master)
      throws IOException {
    try (SparkSession session = Sessions.open(master)) {
      return read(folder, vocabulary, session);
    }
  }

  /**
   * Reads a data set.
   *
   * @param vocabulary that the model has
   * @throws IOException if the documents are not those that were written
   */
  static List<Domain> read(Path folder, Vocabulary vocabulary, SparkSession session)
      throws IOException {
    Path file = folder.resolve(DESCRIPTION);
    JsonNode description = new ObjectMapper().readTree(Files.readAllBytes(file));
    if (!description.path("format").asText().equals(FORMAT)) {
      throw new IOException(file + " describes no data set of tokens");
    }
    List<Document> documents =
        session
            .read()
            .schema(SCHEMA)
            .parquet(folder.toAbsolutePath().resolve(DOCUMENTS).toString())
            .javaRDD()
            .map(TokenizedData::document)
            .collect();
    String written = description.path("fingerprint").asText();
    String found = fingerprint(documents.stream().mapToLong(Document::fingerprint).sum());
    if (!found.equals(written)) {
      throw new IOException(
          "%s has changed since it was written: its fingerprint is %s, not %s"
              .formatted(folder, found, written));
    }
    return domains(documents, vocabulary);
  }

  private static String fingerprint(long sum) {
    return "sum64-%016x".formatted(sum);
  }

  private static Document document(Row row) {
    List<Integer> tokens = row.getList(4);
    return new Document(
        row.getString(0),
        row.getBoolean(1),
        row.getLong(2),
        tokens.stream().mapToInt(Integer::intValue).toArray(),
        row.getInt(3));
  }

  private static List<Domain> domains(List<Document> documents, Vocabulary vocabulary)
      throws IOException {
    for (Document document : documents) {
      for (int token : document.tokens()) {
        if (token < 0 || token >= vocabulary.size()) {
          throw new IOException(
              "the data set has a token %d, the model's vocabulary only %d"
                  .formatted(token, vocabulary.size()));
        }
      }
    }
    Map<String, List<Document>> byName = new TreeMap<>();
    documents.stream()
        .sorted(Comparator.comparingLong(Document::key))
        .forEach(d -> byName.computeIfAbsent(d.domain(), name -> new ArrayList<>()).add(d));
    List<Domain> domains = new ArrayList<>();
    byName.forEach((name, all) ->
        domains.add(
            Domain.of(name, tokens(all, false), tokens(all, true), vocabulary.separator())));
    return domains;
  }

  private static List<int[]> tokens(List<Document> documents, boolean test) {
    return documents.stream().filter(d -> d.test() == test).map(Document::tokens).toList();
  }
}
