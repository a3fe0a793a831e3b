package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokenizers from the metadata of GGUF files: {@code llama} (SentencePiece with scores) and {@code
 * gpt2} (byte-level BPE with a named pre-tokenizer). They do what llama.cpp does with the file.
 */
final class GgufTokenizers {
  private static final Logger LOG = LoggerFactory.getLogger(GgufTokenizers.class);
  private static final String MODEL = "tokenizer.ggml.model";
  private static final String PRE = "tokenizer.ggml.pre";
  private static final String SCORES = "tokenizer.ggml.scores";
  private static final String MERGES = "tokenizer.ggml.merges";
  private static final JsonFactory JSON = new JsonFactory();

  private final GgufMetadata metadata;
  private final String label;
  private final Pieces pieces;

  private GgufTokenizers(GgufMetadata metadata) {
    this.metadata = metadata;
    this.label = metadata.file().toString();
    this.pieces = Pieces.read(metadata);
  }

  /** Whether the file brings a tokenizer of any kind. */
  static boolean isThere(GgufMetadata metadata) {
    String model = metadata.text(MODEL, "none");
    return !model.equals("none") && !model.equals("no_vocab");
  }

  /**
   * Reads the tokenizer of a file.
   *
   * @throws CheckpointException if it has none, naming a kind that is not known or a key that is
   *     not sound
   */
  static Tokenizer read(GgufMetadata metadata) {
    String model = metadata.text(MODEL);
    return switch (model) {
      case "llama" -> new GgufTokenizers(metadata).ofScores();
      case "gpt2" -> new GgufTokenizers(metadata).ofMerges();
      default ->
          throw CheckpointException.in(
              metadata.file(),
              "key %s is \"%s\"; tokenizers that are known are \"llama\" and \"gpt2\"",
              MODEL,
              model);
    };
  }

  private Tokenizer ofScores() {
    boolean spaceBefore = metadata.flag("tokenizer.ggml.add_space_prefix", true);
    DecodeRules rules =
        new DecodeRules(
            false, List.of(new DecodeRules.Replace("\u2581", " ")), true, " ", spaceBefore ? 1 : 0);
    Map<String, Integer> added = new HashMap<>();
    pieces.added().forEach((id, text) -> added.put(text, id));
    Map<String, Integer> named = named(Map.of("bos", 1, "eos", 2, "unknown", 0));
    Encoder encoder =
        new ScoreEncoder(
            pieces,
            scores(),
            new SpecialSplitter(added),
            spaceBefore,
            named.getOrDefault("unk_token", -1));
    return tokenizer(encoder, rules, named, true);
  }

  private float[] scores() {
    float[] scores =
        metadata.has(SCORES) ? metadata.numbers(SCORES) : new float[pieces.texts().size()];
    Pieces.requireLength(metadata, SCORES, scores.length, pieces.texts().size());
    for (int id = 0; id < scores.length; id++) {
      if (Float.isNaN(scores[id])) {
        throw CheckpointException.in(metadata.file(), "key %s is NaN for token %s", SCORES, id);
      }
    }
    return scores;
  }

  /** What the metadata say of a tokenizer, for {@link TokenizerExport}. */
  static GgufTokenizers of(GgufMetadata metadata) {
    return new GgufTokenizers(metadata);
  }

  /** The vocabulary and merges as a {@code tokenizer.json}, without what surrounds a text. */
  String mergesJson() {
    return json(cut());
  }

  /** Ids of the named tokens, by their names in templates. */
  Map<String, Integer> specialIds() {
    return new TreeMap<>(named(Map.of()));
  }

  String text(int id) {
    return pieces.texts().get(id);
  }

  boolean addsBos() {
    return metadata.flag("tokenizer.ggml.add_bos_token", cut().begins());
  }

  boolean addsEos() {
    return metadata.flag("tokenizer.ggml.add_eos_token", false);
  }

  private PreTokenizers.Cut cut() {
    String name = metadata.text(PRE, "");
    return PreTokenizers.named(name.isEmpty() ? PreTokenizers.DEFAULT : name)
        .orElseThrow(() ->
            CheckpointException.in(
                metadata.file(), "key %s is \"%s\", which is not known", PRE, name));
  }

  private Tokenizer ofMerges() {
    if (metadata.text(PRE, "").isEmpty()) {
      LOG.warn(
          "{}: key {} is missing: the tokenizer may cut texts otherwise than in training",
          label,
          PRE);
    }
    PreTokenizers.Cut cut = cut();
    NativeEncoder encoder = new NativeEncoder(label, json(cut));
    boolean cuttable =
        LongTexts.mayCut(cut.patterns())
            && pieces.added().values().stream().noneMatch(LongTexts::joins);
    try {
      return tokenizer(
          cuttable ? new LongTexts(encoder) : encoder,
          DecodeRules.ofByteLevel(),
          named(Map.of()),
          cut.begins());
    } catch (RuntimeException e) {
      encoder.close();
      throw e;
    }
  }

  private Tokenizer tokenizer(
      Encoder encoder, DecodeRules rules, Map<String, Integer> named, boolean begins) {
    boolean addBos = metadata.flag("tokenizer.ggml.add_bos_token", begins);
    boolean addEos = metadata.flag("tokenizer.ggml.add_eos_token", false);
    Map<String, String> texts = new TreeMap<>();
    named.forEach((name, id) -> texts.put(name, pieces.texts().get(id)));
    Affixes affixes =
        Affixes.NONE
            .beginning(Optional.of(addBos), id(named, "bos_token", addBos))
            .ending(Optional.of(addEos), id(named, "eos_token", addEos));
    TokenizerSettings settings =
        new TokenizerSettings(texts, Optional.empty(), Optional.empty(), ends(texts));
    return new Tokenizer(
        encoder, pieces.vocabulary(label, rules.byteLevel()), rules, affixes, settings);
  }

  /** Those that the metadata names, and those known by their text. */
  private Set<String> ends(Map<String, String> named) {
    Set<String> ends = new HashSet<>(pieces.endsByText());
    Optional.ofNullable(named.get("eos_token")).ifPresent(ends::add);
    for (String key : List.of("eot", "eom")) {
      long id = metadata.integer("tokenizer.ggml." + key + "_token_id", -1);
      if (id >= 0 && id < pieces.texts().size()) {
        ends.add(pieces.texts().get((int) id));
      }
    }
    return ends;
  }

  private OptionalInt id(Map<String, Integer> named, String name, boolean needed) {
    if (needed && !named.containsKey(name)) {
      throw CheckpointException.in(
          metadata.file(), "prompts are to have the %s, but the metadata does not say which", name);
    }
    return named.containsKey(name) ? OptionalInt.of(named.get(name)) : OptionalInt.empty();
  }

  /** Ids of the named tokens, by their names in templates. */
  private Map<String, Integer> named(Map<String, Integer> usual) {
    Map<String, Integer> ids = new HashMap<>();
    Map<String, String> names =
        Map.of(
            "bos", "bos_token", "eos", "eos_token", "unknown", "unk_token", "padding", "pad_token");
    names.forEach((key, name) -> {
      long id =
          metadata.integer("tokenizer.ggml." + key + "_token_id", usual.getOrDefault(key, -1));
      if (id >= 0 && id < pieces.texts().size()) {
        ids.put(name, (int) id);
      }
    });
    return ids;
  }

  /** The vocabulary as a {@code tokenizer.json}. */
  private String json(PreTokenizers.Cut cut) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.writeStartObject();
      out.writeStringField("version", "1.0");
      writeAdded(out);
      writeCut(out, cut);
      out.writeObjectFieldStart("model");
      out.writeStringField("type", "BPE");
      out.writeBooleanField("ignore_merges", cut.wholeWords());
      out.writeObjectFieldStart("vocab");
      for (int id = 0; id < pieces.texts().size(); id++) {
        out.writeNumberField(pieces.texts().get(id), id);
      }
      out.writeEndObject();
      writeMerges(out);
      out.writeEndObject();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private void writeAdded(JsonGenerator out) throws IOException {
    if (pieces.added().size() > TokenizerFile.MAX_ADDED) {
      throw CheckpointException.in(
          metadata.file(),
          "key %s marks %s tokens as special; at most %s are read",
          Pieces.TYPES,
          pieces.added().size(),
          TokenizerFile.MAX_ADDED);
    }
    out.writeArrayFieldStart("added_tokens");
    for (Map.Entry<Integer, String> token : pieces.added().entrySet()) {
      out.writeStartObject();
      out.writeNumberField("id", token.getKey());
      out.writeStringField("content", token.getValue());
      for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
        out.writeBooleanField(flag, false);
      }
      out.writeBooleanField("special", pieces.isSpecial(token.getKey()));
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void writeCut(JsonGenerator out, PreTokenizers.Cut cut) throws IOException {
    out.writeObjectFieldStart("pre_tokenizer");
    out.writeStringField("type", "Sequence");
    out.writeArrayFieldStart("pretokenizers");
    for (String pattern : cut.patterns()) {
      out.writeStartObject();
      out.writeStringField("type", "Split");
      out.writeObjectFieldStart("pattern");
      out.writeStringField("Regex", pattern);
      out.writeEndObject();
      out.writeStringField("behavior", "Isolated");
      out.writeBooleanField("invert", false);
      out.writeEndObject();
    }
    out.writeStartObject();
    out.writeStringField("type", "ByteLevel");
    out.writeBooleanField("add_prefix_space", false);
    out.writeBooleanField("trim_offsets", true);
    out.writeBooleanField("use_regex", false);
    out.writeEndObject();
    out.writeEndArray();
    out.writeEndObject();
  }

  /** A merge of, or to, what is no token never happens; the native library would refuse it. */
  private void writeMerges(JsonGenerator out) throws IOException {
    Set<String> known = new HashSet<>(pieces.texts());
    out.writeArrayFieldStart("merges");
    for (String merge : metadata.texts(MERGES)) {
      int space = merge.indexOf(' ', 1);
      String left = space < 0 ? "" : merge.substring(0, space);
      String right = space < 0 ? "" : merge.substring(space + 1);
      if (known.contains(left) && known.contains(right) && known.contains(left + right)) {
        out.writeStartArray();
        out.writeString(left);
        out.writeString(right);
        out.writeEndArray();
      }
    }
    out.writeEndArray();
  }
}
