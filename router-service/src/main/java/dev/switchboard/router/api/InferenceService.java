package dev.switchboard.router.api;

import dev.switchboard.cluster.state.StateException;
import dev.switchboard.model.GateUse;
import dev.switchboard.model.tokenizer.Tokenizer;
import dev.switchboard.proto.v1.DescribeModelRequest;
import dev.switchboard.proto.v1.DetokenizeReply;
import dev.switchboard.proto.v1.DetokenizeRequest;
import dev.switchboard.proto.v1.ForgetSessionReply;
import dev.switchboard.proto.v1.ForgetSessionRequest;
import dev.switchboard.proto.v1.ForkSessionReply;
import dev.switchboard.proto.v1.ForkSessionRequest;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.ModelDescription;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.proto.v1.TokenizeReply;
import dev.switchboard.proto.v1.TokenizeRequest;
import dev.switchboard.router.engine.Engine;
import dev.switchboard.router.engine.EngineRequest;
import dev.switchboard.router.engine.GenerationSpec;
import dev.switchboard.router.engine.Resumed;
import dev.switchboard.router.engine.SnapshotWishes;
import dev.switchboard.router.engine.Ticket;
import dev.switchboard.router.engine.Work;
import dev.switchboard.router.gates.GateChooser;
import dev.switchboard.router.session.SessionException;
import dev.switchboard.router.session.Sessions;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code Inference}: checks requests, hands them to the engine, and ends each call once. */
public final class InferenceService extends InferenceGrpc.InferenceImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(InferenceService.class);

  private final Engine engine;
  private final ModelFacts facts;
  private final ApiLimits limits;
  private final Duration usualDeadline;
  private final RequestReader requests;
  private final EventMessages messages;
  private final SecureRandom random = new SecureRandom();
  private final Optional<Tokenizer> tokenizer;
  private final SessionCalls sessions;
  private final GateChooser gates;
  private final ExpertMasks masks;

  /**
   * What the service is made of.
   *
   * @param usualDeadline for calls that bring none
   * @param gates that requests are routed by now
   * @param masks of experts that a call may not wake
   */
  public record Parts(
      Engine engine,
      ModelFacts facts,
      ModelTexts texts,
      ApiLimits limits,
      Duration usualDeadline,
      Sessions sessions,
      GateChooser gates,
      ExpertMasks masks) {}

  public InferenceService(Parts parts) {
    this.engine = parts.engine;
    this.facts = parts.facts;
    this.limits = parts.limits;
    this.usualDeadline = parts.usualDeadline;
    this.tokenizer = parts.texts.tokenizer();
    this.requests =
        new RequestReader(facts.plan(), parts.texts, limits, facts.defaults(), random::nextLong);
    this.messages = new EventMessages(facts, tokenizer);
    this.gates = parts.gates;
    this.masks = parts.masks;
    this.sessions = new SessionCalls(engine, requests, messages, parts.sessions, gates);
  }

  @Override
  public void generate(GenerateRequest request, StreamObserver<GenerateEvent> observer) {
    var reader = (ServerCallStreamObserver<GenerateEvent>) observer;
    LateHandlers handlers = LateHandlers.of(reader);
    var whole = new PromptStream.Gathered(request, Optional.empty());
    answer(observer, () -> begin(whole, reader, handlers));
  }

  @Override
  public StreamObserver<GenerateInput> generateFrom(StreamObserver<GenerateEvent> observer) {
    var reader = (ServerCallStreamObserver<GenerateEvent>) observer;
    LateHandlers handlers = LateHandlers.of(reader);
    return new PromptStream(
        limits, reader, gathered -> answer(reader, () -> begin(gathered, reader, handlers)));
  }

  private void begin(
      PromptStream.Gathered gathered,
      ServerCallStreamObserver<GenerateEvent> reader,
      LateHandlers handlers) {
    GenerateRequest request = gathered.request();
    String name = requests.requestId(request.getRequestId(), random::nextLong);
    String key = request.getSessionId().isEmpty() ? name : request.getSessionId();
    GateUse chosen = masks.use(gates.use(key), request.getWithoutExpertsList());
    if (!request.getSessionId().isEmpty()) {
      if (gathered.start().isPresent()) {
        throw new InvalidRequestException("state: not with session_id, which has its own");
      }
      sessions.begin(
          new SessionCalls.Call(
              request, name, before -> requests.turn(request, before), deadlineNanos(), chosen),
          reader,
          handlers);
      return;
    }
    int[] prompt =
        gathered
            .start()
            .map(state -> requests.promptAfter(state, request))
            .orElseGet(() -> requests.prompt(request));
    GenerationSpec spec = requests.generation(request, prompt.length);
    GateUse use = RequestGates.of(gates, chosen, gathered.start());
    gates.begins(prompt, use.mask());
    long id = engine.newId();
    Started started =
        Started.newBuilder()
            .setRequestId(name)
            .setGateVersion(use.gates().version())
            .setPromptTokens(prompt.length)
            .setSeed(spec.sampling().seed())
            .build();
    GenerateStream stream =
        new GenerateStream(
            reader,
            messages,
            started,
            new GenerateStream.Wishes(request.getProgress(), request.getSaveState()),
            () -> engine.resume(id));
    handlers.set(stream::drain, () -> engine.cancel(id));
    engine.submit(
        id,
        new EngineRequest(
                name,
                Callers.current(),
                prompt,
                requests.chunk(request),
                deadlineNanos(),
                new Work.Generate(spec))
            .from(gathered.start(), Resumed.NOT)
            .under(use)
            .wishing(new SnapshotWishes(0, request.getSaveState(), limits.savedStateBytes())),
        stream);
  }

  @Override
  public void forgetSession(
      ForgetSessionRequest request, StreamObserver<ForgetSessionReply> observer) {
    answer(
        observer,
        () -> {
          boolean found = sessions.forget(request.getSessionId());
          observer.onNext(ForgetSessionReply.newBuilder().setFound(found).build());
          observer.onCompleted();
        });
  }

  @Override
  public void forkSession(ForkSessionRequest request, StreamObserver<ForkSessionReply> observer) {
    answer(
        observer,
        () -> {
          observer.onNext(sessions.fork(request));
          observer.onCompleted();
        });
  }

  @Override
  public void route(RouteRequest request, StreamObserver<RouteReply> observer) {
    answer(
        observer,
        () -> {
          long id = engine.newId();
          String name = "route-" + Long.toHexString(id);
          GateUse use = masks.use(gates.use(name), request.getWithoutExpertsList());
          int[] prompt = requests.prompt(request);
          ((ServerCallStreamObserver<RouteReply>) observer)
              .setOnCancelHandler(() -> engine.cancel(id));
          engine.submit(
              id,
              new EngineRequest(
                      name,
                      Callers.current(),
                      prompt,
                      requests.usualChunk(),
                      deadlineNanos(),
                      requests.work(request, prompt))
                  .under(use),
              new RouteReader(observer, messages, prompt, use.gates().version()));
        });
  }

  @Override
  public void tokenize(TokenizeRequest request, StreamObserver<TokenizeReply> observer) {
    answer(
        observer,
        () -> {
          TokenizeReply.Builder reply = TokenizeReply.newBuilder();
          for (int id : requests.tokenizer("text").encode(request.getText())) {
            reply.addIds(id).addPieces(messages.piece(id));
          }
          observer.onNext(reply.build());
          observer.onCompleted();
        });
  }

  @Override
  public void detokenize(DetokenizeRequest request, StreamObserver<DetokenizeReply> observer) {
    answer(
        observer,
        () -> {
          int[] ids = requests.ids("ids", request.getIdsList());
          String text = requests.tokenizer("ids").decode(ids);
          observer.onNext(DetokenizeReply.newBuilder().setText(text).build());
          observer.onCompleted();
        });
  }

  @Override
  public void describeModel(
      DescribeModelRequest request, StreamObserver<ModelDescription> observer) {
    observer.onNext(facts.describe(limits));
    observer.onCompleted();
  }

  /** The call's own deadline, or the usual one, on the engine's clock. */
  private long deadlineNanos() {
    Deadline deadline = Context.current().getDeadline();
    long left =
        deadline == null ? usualDeadline.toNanos() : deadline.timeRemaining(TimeUnit.NANOSECONDS);
    long at = System.nanoTime() + left;
    return at == Ticket.NO_DEADLINE ? at - 1 : at;
  }

  private static void answer(StreamObserver<?> observer, Runnable work) {
    try {
      work.run();
    } catch (InvalidRequestException e) {
      observer.onError(
          Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
    } catch (AccessException e) {
      observer.onError(e.status().asRuntimeException());
    } catch (SessionException e) {
      observer.onError(Statuses.of(e).asRuntimeException());
    } catch (StateException e) {
      observer.onError(Statuses.of(e).asRuntimeException());
    } catch (RuntimeException e) {
      LOG.error("a call failed", e);
      observer.onError(
          Status.INTERNAL.withDescription("the call failed: " + e).asRuntimeException());
    }
  }
}
