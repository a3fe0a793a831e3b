package dev.switchboard.router.api;

import dev.switchboard.cluster.state.SessionRecord;
import dev.switchboard.model.GateUse;
import dev.switchboard.proto.v1.ForkSessionReply;
import dev.switchboard.proto.v1.ForkSessionRequest;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.SessionPlace;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.router.engine.Engine;
import dev.switchboard.router.engine.EngineRequest;
import dev.switchboard.router.engine.GenerationSpec;
import dev.switchboard.router.engine.Work;
import dev.switchboard.router.gates.GateChooser;
import dev.switchboard.router.session.OpenTurn;
import dev.switchboard.router.session.Sessions;
import dev.switchboard.router.session.TurnRequest;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** Requests that are turns of sessions, on their way to the engine. */
final class SessionCalls {
  private final Engine engine;
  private final RequestReader requests;
  private final EventMessages messages;
  private final Sessions sessions;
  private final GateChooser gates;

  SessionCalls(
      Engine engine,
      RequestReader requests,
      EventMessages messages,
      Sessions sessions,
      GateChooser gates) {
    this.gates = gates;
    this.engine = engine;
    this.requests = requests;
    this.messages = messages;
    this.sessions = sessions;
  }

  /**
   * What a call asks for.
   *
   * @param name of the request
   * @param gates by which it is routed if it begins anew
   * @param prompt from the ids before the turn to those with its prompt; empty if it brings none
   */
  record Call(
      GenerateRequest request,
      String name,
      Function<int[], Optional<int[]>> prompt,
      long deadlineNanos,
      GateUse gates) {}

  void begin(Call call, ServerCallStreamObserver<GenerateEvent> reader, LateHandlers handlers) {
    GenerateRequest request = call.request();
    OpenTurn found = sessions.open(new Asked(requests, call, requests.session(request)));
    GateUse use = RequestGates.ofTurn(gates, call.gates(), found);
    // A state that was routed otherwise is left: the text is read.
    boolean fits = found.start().map(state -> use.fits(state.origin())).orElse(true);
    OpenTurn turn = fits ? found : found.readAgain();
    gates.begins(turn.sequence(), use.mask());
    long id = engine.newId();
    GenerateStream stream =
        new GenerateStream(
            reader,
            messages,
            started(call, turn).toBuilder().setGateVersion(use.gates().version()).build(),
            new GenerateStream.Wishes(request.getProgress(), request.getSaveState()),
            () -> engine.resume(id));
    handlers.set(stream::drain, () -> engine.cancel(id));
    engine.submit(
        id,
        new EngineRequest(
            call.name(),
            Callers.current(),
            turn.sequence(),
            requests.chunk(request),
            call.deadlineNanos(),
            new Work.Generate(turn.spec()),
            turn.start(),
            turn.resumed(),
            turn.wishes(),
            Optional.of(use)),
        turn.sink(stream, () -> engine.cancel(id)));
  }

  boolean forget(String session) {
    return sessions.forget(name("session_id", session), Callers.owner());
  }

  /** A session's name, checked. */
  static String name(String field, String given) {
    RequestReader.atMost(field + ": characters", given.length(), ApiLimits.SESSION_ID_CHARS);
    if (given.isEmpty() || given.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidRequestException(
          "%s is empty or has control characters; give 1 to %d others"
              .formatted(field, ApiLimits.SESSION_ID_CHARS));
    }
    return given;
  }

  ForkSessionReply fork(ForkSessionRequest request) {
    String from = name("session_id", request.getSessionId());
    String to = name("new_session_id", request.getNewSessionId());
    SessionRecord made = sessions.fork(from, to, Callers.owner());
    ForkSessionReply.Builder reply =
        ForkSessionReply.newBuilder().setTurn(made.turn().number()).setTokens(made.knownTokens());
    made.newest()
        .ifPresent(
            state -> reply.setStateTokens(state.tokens()).setStateBytes(state.blob().bytes()));
    return reply.build();
  }

  private static Started started(Call call, OpenTurn turn) {
    OpenTurn.Place place = turn.place();
    return Started.newBuilder()
        .setRequestId(call.name())
        .setPromptTokens(place.promptEnd())
        .setSeed(turn.spec().sampling().seed())
        .setSession(
            SessionPlace.newBuilder()
                .setTurn(place.number())
                .setTokens(place.start())
                .setStateTokens(turn.start().map(state -> state.position()).orElse(0L))
                .setStateBytes(place.stateBytes())
                .setGeneratedBefore(turn.resumed().generated()))
        .build();
  }

  /** The request as a session sees it. */
  private record Asked(RequestReader requests, Call call, String session) implements TurnRequest {
    @Override
    public String owner() {
      return Callers.owner();
    }

    @Override
    public int turn() {
      return call.request().getSessionTurn();
    }

    @Override
    public int received() {
      return call.request().getReceivedTokens();
    }

    @Override
    public String parameters() {
      GenerateRequest.Builder rest =
          call.request().toBuilder()
              .clearPrompt()
              .clearSessionId()
              .clearSessionTurn()
              .clearReceivedTokens()
              .clearRequestId()
              .clearPromptChunkTokens()
              .clearProgress();
      return Digests.sha256("turn", rest.build().toByteArray());
    }

    @Override
    public Optional<int[]> prompt(int[] before) {
      return call.prompt().apply(before);
    }

    @Override
    public GenerationSpec spec(int promptTokens, OptionalLong seed) {
      GenerateRequest.Builder request = call.request().toBuilder();
      seed.ifPresent(given -> request.getSamplingBuilder().setSeed(given));
      return requests.generation(request.build(), promptTokens);
    }
  }
}
