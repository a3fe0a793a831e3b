package dev.switchboard.router.api;

import dev.switchboard.model.GenerationDefaults;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.chat.ChatMessage;
import dev.switchboard.model.chat.ChatTemplate;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.sampling.SamplingParams;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.tokenizer.Tokenizer;
import dev.switchboard.proto.v1.ChatMessages;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.router.engine.GenerationSpec;
import dev.switchboard.router.engine.Work;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * From messages to checked requests. Every refusal names the field, what was given and what may be
 * given.
 */
final class RequestReader {
  /** Of gates' inputs in a reply: messages are 64 MiB at the most. */
  private static final long MOST_INPUT_BYTES = 48L << 20;

  private final ModelPlan plan;
  private final ModelTexts texts;
  private final ApiLimits limits;
  private final SamplingReader sampling;

  /**
   * @param defaults for requests that leave sampling to the model
   * @param seeds drawn from when a request brings none
   */
  RequestReader(
      ModelPlan plan,
      ModelTexts texts,
      ApiLimits limits,
      GenerationDefaults defaults,
      LongSupplier seeds) {
    this.plan = plan;
    this.texts = texts;
    this.limits = limits;
    this.sampling = new SamplingReader(plan.vocabulary(), defaults, seeds);
  }

  int[] prompt(GenerateRequest request) {
    return switch (request.getPromptCase()) {
      case TEXT -> prompt("text", encodePrompt("text", request.getText()));
      case TOKEN_IDS -> prompt("token_ids", ids("token_ids", request.getTokenIds()));
      case CHAT -> prompt("chat", chat(request.getChat()));
      case PROMPT_NOT_SET ->
          throw new InvalidRequestException("prompt: none of text, token_ids and chat is given");
    };
  }

  /**
   * The sequence that the prompt of a turn makes of a session; empty if the request has no prompt.
   * A first turn's is a prompt like any other; later ones follow what is there as they are, and a
   * chat, which is given whole, must begin with it.
   */
  Optional<int[]> turn(GenerateRequest request, int[] before) {
    if (request.getPromptCase() == GenerateRequest.PromptCase.PROMPT_NOT_SET) {
      return Optional.empty();
    }
    if (before.length == 0) {
      return Optional.of(prompt(request));
    }
    if (request.hasChat()) {
      int[] whole = chat(request.getChat());
      if (Arrays.mismatch(before, whole) != before.length) {
        throw new InvalidRequestException(
            "chat: what the model's template makes of the messages does not begin with the session's %d tokens; give what follows as a text"
                .formatted(before.length));
      }
      return Optional.of(prompt("chat", whole));
    }
    int[] more =
        request.hasText()
            ? tokenizer("text").encode(request.getText())
            : ids("token_ids", request.getTokenIds());
    return Optional.of(prompt("session_id", following(before, more)));
  }

  /** The ids of a session and those that follow. */
  int[] following(int[] before, int[] more) {
    int most = Math.min(limits.promptTokens(), limits.contextTokens());
    if (more.length > most - before.length) {
      throw new InvalidRequestException(
          "session_id: the session has %d tokens and the prompt %d more, at most %d are read"
              .formatted(before.length, more.length, most));
    }
    int[] all = Arrays.copyOf(before, before.length + more.length);
    System.arraycopy(more, 0, all, before.length, more.length);
    return all;
  }

  /** The session's name, and that the request is one that a session can have. */
  String session(GenerateRequest request) {
    if (request.getPromptLogits()) {
      throw new InvalidRequestException(
          "prompt_logits: a turn of a session does not read all of its text; leave it out");
    }
    atMost("session_turn", request.getSessionTurn(), Integer.MAX_VALUE);
    atMost("received_tokens", request.getReceivedTokens(), limits.newTokens());
    return SessionCalls.name("session_id", request.getSessionId());
  }

  /** The tokens of a state, and behind them the prompt of the request, if it has one. */
  int[] promptAfter(SequenceSnapshot state, GenerateRequest request) {
    int[] before = state.tokens();
    int[] more =
        switch (request.getPromptCase()) {
          case TEXT -> request.getText().isEmpty() ? new int[0] : more(request.getText());
          case TOKEN_IDS -> ids("token_ids", request.getTokenIds());
          case CHAT ->
              throw new InvalidRequestException("chat: not behind a state; give what follows it");
          case PROMPT_NOT_SET -> new int[0];
        };
    long length = (long) before.length + more.length;
    int most = Math.min(limits.promptTokens(), limits.contextTokens());
    if (length > most) {
      throw new InvalidRequestException(
          "state: it has %d tokens and the prompt %d more, at most %d are read"
              .formatted(before.length, more.length, most));
    }
    if (length == state.position()) {
      throw new InvalidRequestException(
          "state: it has read all of its %d tokens; give a prompt that follows them"
              .formatted(before.length));
    }
    int[] all = Arrays.copyOf(before, (int) length);
    System.arraycopy(more, 0, all, before.length, more.length);
    for (int id : before) {
      if (Integer.compareUnsigned(id, plan.vocabulary()) >= 0) {
        throw new InvalidRequestException("state: it has token %d".formatted(id));
      }
    }
    return all;
  }

  private int[] more(String text) {
    return tokenizer("text").encode(text);
  }

  int[] prompt(RouteRequest request) {
    return switch (request.getInputCase()) {
      case TEXT -> prompt("text", encodePrompt("text", request.getText()));
      case TOKEN_IDS -> prompt("token_ids", ids("token_ids", request.getTokenIds()));
      case INPUT_NOT_SET ->
          throw new InvalidRequestException("input: neither text nor token_ids is given");
    };
  }

  /** What is wanted of a routed prompt, if its answer fits a message. */
  Work.Route work(RouteRequest request, int[] prompt) {
    if (request.getGateInputs()) {
      long each = (long) plan.moeLayers().size() * plan.dModel() * Float.BYTES;
      if (!request.getPerToken() || each * prompt.length > MOST_INPUT_BYTES) {
        throw new InvalidRequestException(
            "gate_inputs: wants per_token, and at most %d tokens at once of this model (%d bytes each); %d are given"
                .formatted(MOST_INPUT_BYTES / Math.max(1, each), each, prompt.length));
      }
    }
    return new Work.Route(request.getPerToken(), request.getGateInputs());
  }

  /** An empty prompt begins a document, if the model can tell. */
  private int[] prompt(String field, int[] ids) {
    int most = Math.min(limits.promptTokens(), limits.contextTokens());
    if (ids.length > most) {
      throw new InvalidRequestException(
          "%s: the prompt has %d tokens, at most %d are read".formatted(field, ids.length, most));
    }
    if (ids.length > 0) {
      return ids;
    }
    if (plan.bos().isEmpty()) {
      throw new InvalidRequestException(
          "%s: the prompt is empty and model %s has no token that begins a document; give at least one token"
              .formatted(field, plan.name()));
    }
    return new int[] {plan.bos().getAsInt()};
  }

  /**
   * Ids of a prompt, with what the tokenizer adds; none of an empty text that begins a document.
   */
  private int[] encodePrompt(String field, String text) {
    boolean begins = text.isEmpty() && (plan.bos().isPresent() || texts.tokenizer().isEmpty());
    return begins ? new int[0] : tokenizer(field).encodePrompt(text);
  }

  /** The template writes special tokens out, so none are added. */
  private int[] chat(ChatMessages chat) {
    Tokenizer tokenizer = tokenizer("chat");
    ChatTemplate template =
        texts
            .chat()
            .orElseThrow(() ->
                new InvalidRequestException(
                    "chat: model %s brings no chat template; give a text".formatted(plan.name())));
    if (chat.getMessagesCount() == 0) {
      throw new InvalidRequestException("chat: no messages; expected at least one");
    }
    List<ChatMessage> messages =
        chat.getMessagesList().stream()
            .map(message -> new ChatMessage(message.getRole(), message.getContent()))
            .toList();
    try {
      return tokenizer.encode(template.render(messages));
    } catch (CheckpointException e) {
      throw new InvalidRequestException("chat: " + e.getMessage());
    }
  }

  /** The answer of a chat also ends where the tokenizer's files say that a turn does. */
  private Set<Integer> modelEnds(GenerateRequest request) {
    Set<Integer> ends = new HashSet<>(plan.endTokens());
    if (request.hasChat()) {
      texts.tokenizer().ifPresent(tokenizer -> ends.addAll(tokenizer.endTokens()));
    }
    return Set.copyOf(ends);
  }

  Tokenizer tokenizer(String field) {
    return texts
        .tokenizer()
        .orElseThrow(() ->
            new InvalidRequestException(
                "%s: model %s brings no tokenizer; give token ids".formatted(field, plan.name())));
  }

  int[] ids(String field, TokenIds ids) {
    return ids(field, ids.getIdsList());
  }

  int[] ids(String field, List<Integer> given) {
    int[] ids = new int[given.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = given.get(i);
      if (Integer.compareUnsigned(ids[i], plan.vocabulary()) >= 0) {
        throw new InvalidRequestException(
            "%s[%d] is %s, the vocabulary has ids 0 to %d"
                .formatted(field, i, Integer.toUnsignedString(ids[i]), plan.vocabulary() - 1));
      }
    }
    return ids;
  }

  /**
   * @param promptTokens of its prompt: with what is generated they must fit into a context
   */
  GenerationSpec generation(GenerateRequest request, int promptTokens) {
    atMost("stop: strings", request.getStopCount(), ApiLimits.STOP_STRINGS);
    for (int i = 0; i < request.getStopCount(); i++) {
      stop(i, request.getStop(i));
    }
    atMost("end_token_ids: entries", request.getEndTokenIdsCount(), ApiLimits.END_TOKENS);
    Set<Integer> ends = new HashSet<>();
    for (int id : ids("end_token_ids", request.getEndTokenIdsList())) {
      ends.add(id);
    }
    if (!request.getIgnoreEos()) {
      ends.addAll(modelEnds(request));
    }
    GenerationSpec.Report report =
        new GenerationSpec.Report(
            atMost("logprobs", request.getLogprobs(), ApiLimits.LOGPROBS),
            request.getChosenLogprob() || request.getLogprobs() != 0,
            request.getLogitsDigest(),
            request.getPromptLogits());
    SamplingParams drawn = sampling.read(request.getSampling());
    Set<Integer> silent = modelEnds(request);
    List<Integer> forced = forced(request, promptTokens);
    boolean degrade = limits.degrades(request.getOnLostExpert());
    return forced.isEmpty()
        ? new GenerationSpec(
            drawn,
            maxTokens(request.getMaxTokens(), promptTokens),
            request.getStopList(),
            ends,
            silent,
            List.of(),
            report,
            degrade)
        : new GenerationSpec(
            drawn, forced.size(), List.of(), Set.of(), silent, forced, report, degrade);
  }

  private List<Integer> forced(GenerateRequest request, int promptTokens) {
    if (!request.hasForceIds()) {
      return List.of();
    }
    int[] ids = ids("force_ids", request.getForceIds());
    if (ids.length == 0) {
      throw new InvalidRequestException(
          "force_ids is empty; give at least one id, or leave it out");
    }
    atMost("force_ids: entries", ids.length, limits.newTokens());
    fits("force_ids", ids.length, promptTokens);
    return Arrays.stream(ids).boxed().toList();
  }

  /**
   * Prompt rows of one step; with the logits of all of them no more than a bounded amount of these.
   */
  int chunk(GenerateRequest request) {
    int asked = request.getPromptChunkTokens();
    boolean usual = asked == 0;
    boolean tooLarge = Integer.compareUnsigned(asked, limits.stepTokens()) > 0;
    int rows = usual ? limits.chunkTokens() : tooLarge ? limits.stepTokens() : asked;
    return request.getPromptLogits()
        ? Math.clamp(ApiLimits.STEP_LOGITS / plan.vocabulary(), 1, rows)
        : rows;
  }

  int usualChunk() {
    return limits.chunkTokens();
  }

  String requestId(String given, LongSupplier drawn) {
    atMost("request_id: characters", given.length(), ApiLimits.REQUEST_ID_CHARS);
    return given.isEmpty() ? "r-" + Long.toHexString(drawn.getAsLong()) : given;
  }

  /** What was asked for, or as many as there is room for. */
  private int maxTokens(int asked, int promptTokens) {
    int room = Math.min(limits.newTokens(), limits.contextTokens() - promptTokens);
    if (asked == 0) {
      fits("max_tokens", 1, promptTokens);
      return room;
    }
    atMost("max_tokens", asked, limits.newTokens());
    fits("max_tokens", asked, promptTokens);
    return asked;
  }

  private void fits(String field, int newTokens, int promptTokens) {
    if (newTokens > limits.contextTokens() - promptTokens) {
      throw new InvalidRequestException(
          "%s: the prompt has %d tokens and %d may follow; together at most %d are kept (router.maxContextTokens)"
              .formatted(field, promptTokens, newTokens, limits.contextTokens()));
    }
  }

  private static void stop(int index, String stop) {
    if (stop.isEmpty()) {
      throw new InvalidRequestException(
          "stop[" + index + "] is empty; give at least one character");
    }
    atMost("stop[" + index + "]: characters", stop.length(), ApiLimits.STOP_STRING_CHARS);
  }

  /** For unsigned fields: a number past 2^31 is too many as well. */
  static int atMost(String field, int value, int most) {
    if (Integer.compareUnsigned(value, most) > 0) {
      throw new InvalidRequestException(
          "%s: %s given, at most %d are allowed"
              .formatted(field, Integer.toUnsignedString(value), most));
    }
    return value;
  }
}
