package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.ChatMessages;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.OnLostExpert;
import dev.switchboard.proto.v1.TokenIds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What to continue, how far, and what to report. */
final class RequestOptions {
  /** Longer texts go to the router in pieces. */
  private static final long WHOLE_FILE_BYTES = 1 << 20;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(names = "--prompt", paramLabel = "TEXT", description = "the text to continue")
  private @Nullable String prompt;

  @Option(
      names = "--prompt-file",
      paramLabel = "FILE",
      description = "file with the text to continue, UTF-8")
  private @Nullable Path promptFile;

  @Option(
      names = "--ids",
      paramLabel = "ID",
      split = ",",
      description = "the prompt as token ids, separated by commas")
  private @Nullable List<Integer> ids;

  @Option(
      names = "--chat",
      description = "answer the prompt as a user's message, by the model's own chat template")
  private boolean chat;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "what the model is told before the message (with --chat)")
  private @Nullable String system;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "new tokens at the most, 0 for the router's limit (default: ${DEFAULT-VALUE})")
  private int maxTokens = 64;

  @Option(
      names = "--without",
      paramLabel = "EXPERT",
      split = ",",
      description = "experts that this request never wakes: names or indices, separated by commas")
  private List<String> without = new ArrayList<>();

  @Option(
      names = "--degrade",
      description = {
        "go on without an expert that no node has any more, instead of failing: with the token's",
        "other experts or the network that all tokens share. Says how many tokens were made so"
      })
  private boolean degrade;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "end before the first of these texts; may be given several times")
  private List<String> stop = new ArrayList<>();

  @Option(
      names = "--end-token",
      paramLabel = "ID",
      split = ",",
      description = "end at this token too, beside the model's own end tokens")
  private List<Integer> endTokens = new ArrayList<>();

  @Option(names = "--ignore-eos", description = "go on past the model's end tokens")
  private boolean ignoreEos;

  @Option(
      names = "--logprobs",
      paramLabel = "N",
      description = "report the log-probability of each token and of the N likeliest (with --json)")
  private int logprobs;

  @Option(
      names = "--force-ids",
      paramLabel = "ID",
      split = ",",
      description = {
        "take these token ids instead of choosing, one after the other, and end with the last",
        "(teacher forcing); with --logprobs to see what the model thinks of a given continuation"
      })
  private @Nullable List<Integer> forceIds;

  @Option(
      names = "--prompt-chunk",
      paramLabel = "N",
      description = "prompt tokens read in one step at the most; never changes the answer")
  private int promptChunk;

  @Mixin private SamplingOptions sampling = new SamplingOptions();

  boolean hasPrompt() {
    return prompt != null || promptFile != null || ids != null;
  }

  boolean wantsLogprobs() {
    return logprobs > 0;
  }

  int maxTokens() {
    return maxTokens;
  }

  /** Checks everything that needs no server; wrong usage throws before anything starts. */
  void check() {
    if (Stream.of(prompt, promptFile, ids).filter(given -> given != null).count() > 1) {
      throw Options.wrong(spec, "--prompt, --prompt-file and --ids exclude each other");
    }
    if (chat && (ids != null || !hasPrompt())) {
      throw Options.wrong(spec, "--chat wants the message as --prompt or --prompt-file");
    }
    if (system != null && !chat) {
      throw Options.wrong(spec, "--system goes with --chat");
    }
    Options.atLeast(spec, "--max-tokens", maxTokens, 0);
    Options.atLeast(spec, "--logprobs", logprobs, 0);
    Options.atLeast(spec, "--prompt-chunk", promptChunk, 0);
    for (int id : endTokens) {
      Options.atLeast(spec, "--end-token", id, 0);
    }
    for (int id : ids == null ? List.<Integer>of() : ids) {
      Options.atLeast(spec, "--ids", id, 0);
    }
    for (int id : forceIds == null ? List.<Integer>of() : forceIds) {
      Options.atLeast(spec, "--force-ids", id, 0);
    }
    if (stop.contains("")) {
      throw Options.wrong(spec, "--stop: an empty text would end everything at once");
    }
    sampling.check(spec);
  }

  /** The text file, if it is to go to the router in pieces: a long one, or behind a state. */
  Optional<Path> streamedFile(boolean always) {
    if (promptFile == null || chat) {
      return Optional.empty();
    }
    try {
      boolean streamed = always || Files.size(promptFile) > WHOLE_FILE_BYTES;
      return streamed ? Optional.of(promptFile) : Optional.empty();
    } catch (IOException e) {
      throw Failures.reading(promptFile, e);
    }
  }

  /** The request for the prompt that was given; its text file is read now. */
  GenerateRequest request(boolean digest) {
    GenerateRequest.Builder request = requestWithoutPrompt(digest);
    if (!hasPrompt()) {
      return request.build();
    }
    if (ids != null) {
      return request.setTokenIds(TokenIds.newBuilder().addAllIds(ids)).build();
    }
    String text = promptFile == null ? String.valueOf(prompt) : read(promptFile);
    return chat ? request.setChat(messages(text)).build() : request.setText(text).build();
  }

  private ChatMessages messages(String text) {
    ChatMessages.Builder messages = ChatMessages.newBuilder();
    if (system != null) {
      messages.addMessagesBuilder().setRole("system").setContent(system);
    }
    messages.addMessagesBuilder().setRole("user").setContent(text);
    return messages.build();
  }

  GenerateRequest.Builder requestWithoutPrompt(boolean digest) {
    GenerateRequest.Builder request = GenerateRequest.newBuilder();
    if (forceIds != null) {
      request.setForceIds(TokenIds.newBuilder().addAllIds(forceIds));
    }
    return request
        .setMaxTokens(maxTokens)
        .setSampling(sampling.toProto())
        .addAllWithoutExperts(without)
        .setOnLostExpert(
            degrade ? OnLostExpert.ON_LOST_EXPERT_DEGRADE : OnLostExpert.ON_LOST_EXPERT_UNSPECIFIED)
        .addAllStop(stop)
        .addAllEndTokenIds(endTokens)
        .setIgnoreEos(ignoreEos)
        .setLogprobs(logprobs)
        .setChosenLogprob(logprobs > 0)
        .setPromptChunkTokens(promptChunk)
        .setLogitsDigest(digest);
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw Failures.reading(file, e);
    }
  }
}
