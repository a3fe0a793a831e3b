package dev.switchboard.proto.codec;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelFuture;
import io.grpc.netty.shaded.io.netty.channel.ChannelPromise;
import io.grpc.netty.shaded.io.netty.channel.DefaultChannelPromise;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.IoEventLoop;
import io.grpc.netty.shaded.io.netty.channel.IoHandle;
import io.grpc.netty.shaded.io.netty.channel.IoHandler;
import io.grpc.netty.shaded.io.netty.channel.IoHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.IoHandlerFactory;
import io.grpc.netty.shaded.io.netty.channel.IoRegistration;
import io.grpc.netty.shaded.io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultPromise;
import io.grpc.netty.shaded.io.netty.util.concurrent.EventExecutor;
import io.grpc.netty.shaded.io.netty.util.concurrent.Future;
import io.grpc.netty.shaded.io.netty.util.concurrent.GlobalEventExecutor;
import io.grpc.netty.shaded.io.netty.util.concurrent.Promise;
import io.grpc.netty.shaded.io.netty.util.internal.ThreadExecutorMap;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLogger;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A network loop without a thread of its own: whoever waits for the network drives it, so that a
 * message is read, handled and answered by the thread that wants it, and no other has to wake up
 * first. While nobody waits, a helper drives it.
 *
 * <p>The turn is a lock: {@link #take} and {@link #give}, by one thread beside the helper. The
 * helper leaves as soon as that thread comes, and comes back when it has stayed away for {@link
 * #HELP_AFTER_NANOS}: until then tasks of other threads wait.
 */
final class TurnLoop extends AbstractScheduledEventExecutor implements IoEventLoop {
  private static final InternalLogger LOG = InternalLoggerFactory.getInstance(TurnLoop.class);

  /** Longer than a layer's computation between two messages. */
  static final long HELP_AFTER_NANOS = 5_000_000;

  /** How long one driver waits in the network before the helper goes to sleep. */
  private static final long DEEP_SLEEP_AFTER_NANOS = 50_000_000;

  private static final int NEVER_OVER = 60;

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Thread> driver = new AtomicReference<>();
  private final AtomicInteger takers = new AtomicInteger();
  private final Promise<?> terminated = new DefaultPromise<Void>(GlobalEventExecutor.INSTANCE);
  private final IoHandler handler;
  private final Thread helper;
  private final Waiting waiting = new Waiting();
  private volatile long changedNanos = System.nanoTime() - HELP_AFTER_NANOS;
  private volatile boolean helperSleeps;
  private volatile boolean shuttingDown;
  private boolean initialized;

  TurnLoop(String name, IoHandlerFactory handlers) {
    this.handler = handlers.newHandler(this);
    this.helper = Thread.ofPlatform().daemon().name(name).unstarted(this::help);
    helper.start();
  }

  /** Takes the turn; the helper leaves the network for it. */
  void take() {
    Thread me = Thread.currentThread();
    if (!driver.compareAndSet(null, me)) {
      takeFrom(me);
    }
    changedNanos = System.nanoTime();
  }

  private void takeFrom(Thread me) {
    takers.incrementAndGet();
    handler.wakeup();
    for (int tries = 0; !driver.compareAndSet(null, me); tries++) {
      if (driver.get() == me) {
        takers.decrementAndGet();
        throw new IllegalStateException("the turn is this thread's already");
      }
      if (tries < 100) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, 20_000);
      }
    }
    takers.decrementAndGet();
  }

  /** Gives the turn back. */
  void give() {
    changedNanos = System.nanoTime();
    driver.set(null);
    if (helperSleeps) {
      LockSupport.unpark(helper);
    }
  }

  /**
   * Does what there is to do; if there is nothing, waits for something or for {@link #wake}. Only
   * by the thread that has the turn.
   *
   * @param most nanoseconds to wait; 0: not at all
   * @return how many events and tasks there were
   */
  int run(long most) {
    if (!inEventLoop()) {
      throw new IllegalStateException("the network is driven by " + driver.get());
    }
    EventExecutor before = ThreadExecutorMap.setCurrentExecutor(this);
    try {
      if (!initialized) {
        initialized = true;
        handler.initialize();
      }
      waiting.may = most > 0;
      waiting.until = System.nanoTime() + most;
      return handler.run(waiting) + runTasks();
    } finally {
      ThreadExecutorMap.setCurrentExecutor(before);
    }
  }

  /** Ends the wait of whoever drives, or the next one's before it begins. Any thread. */
  void wake() {
    execute(() -> {});
  }

  private int runTasks() {
    fetchFromScheduledTaskQueue(tasks);
    int done = 0;
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      safeExecute(task);
      done++;
    }
    return done;
  }

  private void help() {
    while (!terminated.isDone()) {
      long away = System.nanoTime() - changedNanos;
      Thread drives = driver.get();
      boolean due = drives == null && (away >= HELP_AFTER_NANOS || shuttingDown);
      if (due && takers.get() == 0 && driver.compareAndSet(null, helper)) {
        helpOnce();
      } else if (drives != null && away > DEEP_SLEEP_AFTER_NANOS && !shuttingDown) {
        sleepUntilGiven();
      } else {
        LockSupport.parkNanos(this, HELP_AFTER_NANOS);
      }
    }
  }

  private void helpOnce() {
    try {
      if (shuttingDown) {
        end();
      } else {
        run(TimeUnit.SECONDS.toNanos(NEVER_OVER));
      }
    } catch (RuntimeException | Error e) {
      LOG.error("the network's loop", e);
    } finally {
      driver.set(null);
    }
  }

  private void sleepUntilGiven() {
    helperSleeps = true;
    if (driver.get() != null) {
      LockSupport.park(this);
    }
    helperSleeps = false;
  }

  private void end() {
    runTasks();
    handler.prepareToDestroy();
    runTasks();
    handler.destroy();
    runTasks();
    cancelScheduledTasks();
    terminated.setSuccess(null);
  }

  /** How long the handler may wait; belongs to the driver. */
  private final class Waiting implements IoHandlerContext {
    private boolean may;
    private long until;

    @Override
    public boolean canBlock() {
      return may && tasks.isEmpty() && takers.get() == 0 && !hasScheduledTasks() && !shuttingDown;
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      long mine = Math.max(0, until - currentTimeNanos);
      return Math.min(mine, TurnLoop.this.delayNanos(currentTimeNanos, mine));
    }

    /** By the clock of the scheduled tasks, which does not begin where the system's does. */
    @Override
    public long deadlineNanos() {
      long mine = getCurrentTimeNanos() + Math.max(0, until - System.nanoTime());
      long next = nextScheduledTaskDeadlineNanos();
      return next == -1 ? mine : Math.min(mine, next);
    }
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return driver.get() == thread;
  }

  @Override
  public void execute(Runnable task) {
    if (terminated.isDone()) {
      throw new RejectedExecutionException("the network's loop has ended");
    }
    tasks.add(task);
    if (!inEventLoop()) {
      handler.wakeup();
    }
  }

  @Override
  public ChannelFuture register(Channel channel) {
    return register(channel, new DefaultChannelPromise(channel, this));
  }

  @Override
  public ChannelFuture register(ChannelPromise promise) {
    return register(promise.channel(), promise);
  }

  @Override
  public ChannelFuture register(Channel channel, ChannelPromise promise) {
    channel.unsafe().register(this, promise);
    return promise;
  }

  @Override
  public Future<IoRegistration> register(IoHandle handle) {
    Promise<IoRegistration> promise = newPromise();
    if (inEventLoop()) {
      register(handle, promise);
    } else {
      execute(() -> register(handle, promise));
    }
    return promise;
  }

  private void register(IoHandle handle, Promise<IoRegistration> promise) {
    try {
      promise.setSuccess(handler.register(handle));
    } catch (Exception e) {
      promise.setFailure(e);
    }
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return handler.isCompatible(handleType);
  }

  @Override
  public boolean isIoType(Class<? extends IoHandler> handlerType) {
    return handlerType.isInstance(handler);
  }

  @Override
  public IoEventLoop next() {
    return this;
  }

  @Override
  public @Nullable EventLoopGroup parent() {
    return null;
  }

  @Override
  public boolean isShuttingDown() {
    return shuttingDown;
  }

  @Override
  public boolean isShutdown() {
    return terminated.isDone();
  }

  @Override
  public boolean isTerminated() {
    return terminated.isDone();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return terminated.await(timeout, unit);
  }

  /** Ends at once, as soon as nobody has the turn. */
  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    shuttingDown = true;
    handler.wakeup();
    LockSupport.unpark(helper);
    return terminated;
  }

  @Override
  @Deprecated
  public void shutdown() {
    shutdownGracefully(0, 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public Future<?> terminationFuture() {
    return terminated;
  }
}
