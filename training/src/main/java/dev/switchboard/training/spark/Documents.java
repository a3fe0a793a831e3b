package dev.switchboard.training.spark;

import dev.switchboard.training.data.CorpusFile;
import dev.switchboard.training.data.CorpusFile.Kind;
import dev.switchboard.training.data.Document;
import dev.switchboard.training.data.Vocabulary;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** Files of documents as an RDD of tokenized ones. */
final class Documents {
  private static final byte[] MAGIC = {'P', 'A', 'R', '1'};

  private final SparkSession session;
  private final JavaSparkContext spark;
  private final TokenizeSettings settings;
  private final Broadcast<byte[]> tokenizer;

  Documents(SparkSession session, TokenizeSettings settings, byte[] tokenizer) {
    this.session = session;
    this.spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    this.settings = settings;
    this.tokenizer = spark.broadcast(tokenizer);
  }

  /** A document, or why its file cannot be used. */
  record Outcome(@Nullable Document document, String problem) implements Serializable {}

  /** All documents of all files, tokenized when they are asked for. */
  JavaRDD<Outcome> of(List<CorpusFile> files) throws IOException {
    List<CorpusFile> plain = files.stream().filter(f -> f.kind() != Kind.PARQUET).toList();
    Tokenize tokenize = new Tokenize(tokenizer, settings.seed(), settings.heldOut());
    String field = settings.field();
    JavaRDD<Outcome> all =
        spark
            .parallelize(plain, Math.max(1, plain.size()))
            .mapPartitions(part -> tokenize.files(part, field));
    for (CorpusFile file : files) {
      if (file.kind() == Kind.PARQUET) {
        all = all.union(column(file).mapPartitions(texts -> tokenize.texts(file, texts)));
      }
    }
    return all;
  }

  private JavaRDD<String> column(CorpusFile file) throws IOException {
    requireParquet(Path.of(file.path()));
    Dataset<Row> table;
    try {
      table = session.read().parquet(file.path());
    } catch (Exception e) { // Spark throws checked exceptions that its signatures do not tell
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new IOException(file.path() + ": no Parquet file that Spark can read: " + reason, e);
    }
    String field = settings.field();
    boolean found =
        Stream.of(table.schema().fields())
            .anyMatch(f -> f.name().equals(field) && f.dataType().equals(DataTypes.StringType));
    if (!found) {
      throw new IOException(
          "%s has no column of text \"%s\"; it has %s"
              .formatted(file.path(), field, Arrays.toString(table.columns())));
    }
    return table
        .select(table.col("`" + field + "`"))
        .javaRDD()
        .filter(row -> !row.isNullAt(0))
        .map(row -> row.getString(0));
  }

  /** Spark would say it too, behind a page of stack traces. */
  private static void requireParquet(Path file) throws IOException {
    byte[] begins = new byte[MAGIC.length];
    byte[] ends = new byte[MAGIC.length];
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      if (in.length() >= 3 * MAGIC.length) {
        in.readFully(begins);
        in.seek(in.length() - MAGIC.length);
        in.readFully(ends);
      }
    }
    if (!Arrays.equals(begins, MAGIC) || !Arrays.equals(ends, MAGIC)) {
      throw new IOException(file + ": no Parquet file: it does not begin and end with PAR1");
    }
  }

  /** What an executor does. */
  private record Tokenize(Broadcast<byte[]> tokenizer, long seed, double heldOut)
      implements Serializable {
    Iterator<Outcome> files(Iterator<CorpusFile> files, String field) throws IOException {
      Vocabulary vocabulary = Vocabulary.of(tokenizer.value(), "the tokenizer");
      return closing(stream(files).flatMap(file -> documents(file, field, vocabulary)), vocabulary);
    }

    private Stream<Outcome> documents(CorpusFile file, String field, Vocabulary vocabulary) {
      try {
        return file.documents(field).stream().map(text -> outcome(file, text, vocabulary));
      } catch (IOException e) {
        return Stream.of(new Outcome(null, String.valueOf(e.getMessage())));
      }
    }

    Iterator<Outcome> texts(CorpusFile file, Iterator<String> texts) throws IOException {
      Vocabulary vocabulary = Vocabulary.of(tokenizer.value(), "the tokenizer");
      return closing(
          stream(texts).filter(t -> !t.isEmpty()).map(text -> outcome(file, text, vocabulary)),
          vocabulary);
    }

    private Outcome outcome(CorpusFile file, String text, Vocabulary vocabulary) {
      return new Outcome(Document.of(file, text, vocabulary, seed, heldOut), "");
    }

    private static <T> Stream<T> stream(Iterator<T> items) {
      return Stream.generate(() -> items).takeWhile(Iterator::hasNext).map(Iterator::next);
    }

    /** All outcomes; the tokenizer's native memory is freed behind the last. */
    private static Iterator<Outcome> closing(Stream<Outcome> outcomes, Vocabulary vocabulary) {
      Iterator<Outcome> items = outcomes.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          boolean more = items.hasNext();
          if (!more) {
            vocabulary.close();
          }
          return more;
        }

        @Override
        public Outcome next() {
          return items.next();
        }
      };
    }
  }
}
