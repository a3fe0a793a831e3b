package dev.switchboard.client.chaos;

import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.OnLostExpert;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that play scripts side by side, a thread each, and compare what they are answered. */
final class Streams {
  private static final int MOST_PROBLEMS = 20;

  private final ChaosPlan.Demand demand;
  private final Routers routers;
  private final List<List<Answer>> right;
  private final Gaps gaps = new Gaps();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicInteger wrongTokens = new AtomicInteger();
  private final AtomicInteger tokens = new AtomicInteger();
  private final AtomicInteger retries = new AtomicInteger();
  private final AtomicInteger degradedRequests = new AtomicInteger();
  private final AtomicLong degradedTokens = new AtomicLong();
  private final AtomicLong flaggedTokens = new AtomicLong();
  private final ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();
  private volatile boolean stopping;

  /**
   * @param right the answers to each script's turns; empty if they are not known yet
   */
  Streams(ChaosPlan.Demand demand, Routers routers, List<List<Answer>> right) {
    this.demand = demand;
    this.routers = routers;
    this.right = List.copyOf(right);
  }

  Gaps gaps() {
    return gaps;
  }

  ChaosReport.Requests requests() {
    return new ChaosReport.Requests(
        asked.get(), failed.get(), wrongTokens.get(), tokens.get(), retries.get());
  }

  /**
   * @param counted by the routers themselves
   */
  ChaosReport.Degraded degraded(long counted) {
    return new ChaosReport.Degraded(
        degradedRequests.get(), degradedTokens.get(), flaggedTokens.get(), counted);
  }

  /** Tokens that have come so far, of all answers. */
  int generated() {
    return gaps.tokens();
  }

  /**
   * Plays each script once.
   *
   * @return the answers to each script's turns
   */
  List<List<Answer>> playAll(List<Script> scripts) {
    List<List<Answer>> answers = new ArrayList<>();
    scripts.forEach(script -> answers.add(new ArrayList<>()));
    AtomicInteger next = new AtomicInteger();
    for (int stream = 0; stream < demand.streams(); stream++) {
      Caller caller = new Caller(stream, routers, gaps);
      run(
          "undisturbed stream " + stream,
          () -> {
            for (int i = next.getAndIncrement(); i < scripts.size(); i = next.getAndIncrement()) {
              Script script = scripts.get(i);
              for (int turn = 0; turn < script.turns().size(); turn++) {
                answers.get(i).add(caller.ask(script.turn(turn, "undisturbed-" + i)));
              }
            }
          });
    }
    join();
    if (!problems.isEmpty()) {
      throw new IllegalStateException("undisturbed, and yet: " + problems.peek());
    }
    return answers;
  }

  /** Plays scripts in a random order until it is stopped. */
  void start(List<Script> scripts, long seed) {
    for (int stream = 0; stream < demand.streams(); stream++) {
      Random random = new Random(seed * demand.streams() + stream);
      Caller caller = new Caller(stream, routers, gaps);
      String name = "chaos-" + stream;
      run(
          name,
          () -> {
            for (int i = 0; !stopping; i++) {
              caller.goHome();
              int script = random.nextInt(scripts.size());
              play(caller, scripts.get(script), right.get(script), name + "-" + i);
            }
            retries.addAndGet(caller.retries());
          });
    }
  }

  /**
   * Lets what is being answered come to its end.
   *
   * @return what went wrong, the first of many
   */
  List<String> stop() {
    stopping = true;
    join();
    return List.copyOf(problems);
  }

  private void play(Caller caller, Script script, List<Answer> expected, String session) {
    for (int turn = 0; turn < script.turns().size() && !stopping; turn++) {
      asked.incrementAndGet();
      try {
        Answer answer = caller.ask(asked(script.turn(turn, session)));
        tokens.addAndGet(answer.ids().size());
        if (answer.degraded() > 0) {
          degradedRequests.incrementAndGet();
          degradedTokens.addAndGet(answer.degraded());
          flaggedTokens.addAndGet(answer.flagged());
          // It is another text, and what follows it too.
          return;
        }
        int wrong = answer.wrongTokens(expected.get(turn));
        if (wrong > 0) {
          wrongTokens.addAndGet(wrong);
          problem("%s turn %d: %d wrong tokens".formatted(session, turn + 1, wrong));
        }
      } catch (StatusRuntimeException e) {
        failed.incrementAndGet();
        problem("%s turn %d: %s".formatted(session, turn + 1, e.getStatus()));
        return;
      }
    }
  }

  private GenerateRequest asked(GenerateRequest request) {
    return demand.degrade()
        ? request.toBuilder().setOnLostExpert(OnLostExpert.ON_LOST_EXPERT_DEGRADE).build()
        : request;
  }

  private void problem(String what) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(what);
    }
  }

  private void run(String name, Runnable work) {
    Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(work);
    thread.setUncaughtExceptionHandler((t, e) -> {
      failed.incrementAndGet();
      problem(t.getName() + ": " + e);
    });
    threads.add(thread);
    thread.start();
  }

  private void join() {
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads.clear();
  }
}
