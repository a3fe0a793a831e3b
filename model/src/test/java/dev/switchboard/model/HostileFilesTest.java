package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.quantise.FileType;
import dev.switchboard.model.quantise.Quantise;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of spoiled files, each opened, loaded and run for a step as any model is: none ends the
 * process, hangs or fills the memory; what is refused is refused by a message with the file's name.
 * A case is a function of its number: {@code -Dfuzz.case=N} runs one alone, {@code -Dfuzz.files=N}
 * that many, {@code -Dfuzz.seed=N} others.
 */
class HostileFilesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final int FILES = 2_400;
  private static final long SEED = 20_261_122;
  private static final int SECONDS_FOR_ONE = 60;
  private static final int[] TOKENS = {1, 5, 9};

  /** What a model of the collection consists of; the first file is the one to open. */
  private record Victim(String name, Path open, List<Path> files) {}

  private enum Outcome {
    RAN,
    RAN_NOT_FINITE,
    REFUSED_NAMING_TENSOR_OR_KEY,
    REFUSED_NAMING_FILE,
    BROKE
  }

  /** A tensor, a metadata key, a key of a configuration or something quoted from the file. */
  private static final Pattern NAMES =
      Pattern.compile("tensor \\S|keys? \\S|\"[^\"]+\"|\\b[a-z]+_[a-z_]+\\b|\\b[a-z]+\\.[a-z]+");

  @TempDir Path folder;

  private final Map<Outcome, Integer> outcomes = new TreeMap<>();
  private final List<String> broken = new ArrayList<>();

  @Test
  void noSpoiledFileDoesHarm() throws Exception {
    List<Victim> victims = victims();
    ExecutorService runner = Executors.newSingleThreadExecutor();
    Integer alone = Integer.getInteger("fuzz.case");
    int files = Integer.getInteger("fuzz.files", FILES);
    long began = System.nanoTime();
    try {
      for (int i = alone == null ? 0 : alone; i < (alone == null ? files : alone + 1); i++) {
        // The two largest come last, and seldom.
        int turn = i % (10 * victims.size());
        int which = turn < 2 ? victims.size() - 1 - turn : i % (victims.size() - 2);
        spoil(i, victims.get(which), runner);
      }
    } finally {
      runner.shutdownNow();
    }
    System.out.printf(
        "hostile files: %d tried of %d models in %d s: %s%n",
        outcomes.values().stream().mapToInt(Integer::intValue).sum(),
        victims.size(),
        (System.nanoTime() - began) / 1_000_000_000,
        outcomes);
    assertThat(broken).as(String.join("\n", broken)).isEmpty();
  }

  private void spoil(int index, Victim victim, ExecutorService runner) throws Exception {
    Random random = new Random(Long.getLong("fuzz.seed", SEED) + 7919L * index);
    random.nextInt();
    Path file = victim.files().get(random.nextInt(victim.files().size()));
    byte[] whole = Files.readAllBytes(file);
    Mutations mutations = new Mutations(random);
    boolean json = Mutations.isJson(file.toString());
    byte[] spoiled = json ? mutations.json(whole) : mutations.weights(whole);
    String what = "case %d: %s of %s".formatted(index, file.getFileName(), victim.name());
    Files.write(file, spoiled);
    try {
      Outcome outcome =
          runner.submit(() -> attempt(what, victim)).get(SECONDS_FOR_ONE, TimeUnit.SECONDS);
      outcomes.merge(outcome, 1, Integer::sum);
    } catch (TimeoutException e) {
      throw new AssertionError(what + " hangs", e);
    } catch (ExecutionException e) {
      outcomes.merge(Outcome.BROKE, 1, Integer::sum);
      broken.add(what + ": " + trace(e.getCause()));
    } finally {
      Files.write(file, whole);
    }
  }

  private Outcome attempt(String what, Victim victim) {
    try (Model model = Model.open(victim.open())) {
      if (model.hasTokenizer()) {
        assertThat(model.tokenizer().encode("a few words")).isNotNull();
      }
      Trunk trunk = model.trunk();
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      int[] tokens = new int[TOKENS.length];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = TOKENS[i] % trunk.vocabulary();
      }
      try (SequenceState sequence = trunk.newSequence(1, tokens.length)) {
        StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, Logits.LAST)));
        return result.failures().isEmpty() ? Outcome.RAN : Outcome.RAN_NOT_FINITE;
      }
    } catch (CheckpointException e) {
      String message = String.valueOf(e.getMessage());
      assertThat(message).as(what).contains(folder.toString());
      boolean named = NAMES.matcher(message.substring(message.indexOf(": ") + 2)).find();
      return named ? Outcome.REFUSED_NAMING_TENSOR_OR_KEY : Outcome.REFUSED_NAMING_FILE;
    }
  }

  private List<Victim> victims() throws IOException {
    List<Victim> victims = new ArrayList<>();
    for (String name :
        List.of(
            "llama",
            "mixtral",
            "mamba",
            "mamba2",
            "qwen3_moe/sharded",
            "qwen3_moe",
            "deepseek_v3/fp8",
            "gpt_oss/mxfp4",
            "granitemoehybrid",
            "gemma3",
            "jamba",
            "nemotron_h",
            "llama_longrope",
            "deepseek_v2")) {
      victims.add(copied(name));
    }
    for (String family : List.of("mixtral", "qwen3_moe", "olmoe", "granitemoe", "mamba", "llama")) {
      FileType[] types = FileType.values();
      FileType type = types[victims.size() % types.length];
      Path file = folder.resolve(family + "-" + type.flag() + ".gguf");
      Quantise.file(GOLDEN.resolve("hf").resolve(family), file, type, (_, _, _) -> {});
      victims.add(new Victim(file.getFileName().toString(), file, List.of(file)));
    }
    for (String name : List.of("moe-q2_k.gguf", "moe-q4_k.gguf")) {
      Path file = folder.resolve(name);
      Files.copy(GOLDEN.resolve("gguf-quantised").resolve(name), file);
      victims.add(new Victim(name, file, List.of(file)));
    }
    return victims;
  }

  private Victim copied(String name) throws IOException {
    Path to = Files.createDirectories(folder.resolve(name.replace('/', '-')));
    List<Path> files = new ArrayList<>();
    try (Stream<Path> entries = Files.list(GOLDEN.resolve("hf").resolve(name))) {
      for (Path entry : entries.filter(Files::isRegularFile).sorted().toList()) {
        String file = entry.getFileName().toString();
        if (!file.startsWith("expected") && !file.equals("config.v5.json")) {
          files.add(Files.copy(entry, to.resolve(file)));
        }
      }
    }
    return new Victim(name, to, files);
  }

  private static String trace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    String all = text.toString();
    return all.substring(0, Math.min(all.length(), 1500));
  }
}
