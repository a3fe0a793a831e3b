package dev.switchboard.cluster.lease;

import dev.switchboard.cluster.ServedVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One router's hold on the lease of its version, kept by a thread of its own. Where the lease
 * cannot be reached nobody leads: what is placed stays as it is and goes on serving.
 */
public final class LeaderLease implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderLease.class);

  /** How long a holder that is silent keeps it. */
  static final Duration TERM = Duration.ofSeconds(15);

  private static final Duration EVERY = Duration.ofSeconds(2);
  private static final Duration LEAVE = Duration.ofSeconds(5);
  private static final int NAME_BYTES = 8;

  private final LeaseElection election;
  private final LeaseStore store;
  private final LongSupplier nanoTime;
  private final Runnable changed;
  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread thread;
  private boolean failing;

  /**
   * @param changed called, on a thread of the lease's, when another router leads
   */
  LeaderLease(
      String router, LeaseStore store, Duration every, LongSupplier nanoTime, Runnable changed) {
    this.election = new LeaseElection(router, TERM);
    this.store = store;
    this.nanoTime = nanoTime;
    this.changed = changed;
    this.thread = Thread.ofPlatform().name("router-lease").daemon().unstarted(() -> run(every));
  }

  /**
   * Takes part from now on.
   *
   * @param name of the Lease
   * @param router id of this one
   * @param changed called, on a thread of the lease's, when another router leads
   * @throws IOException if this is no pod, or has no service account
   */
  public static LeaderLease start(
      ServiceAccount account, String name, ServedVersion version, String router, Runnable changed)
      throws IOException {
    LeaseStore store = new KubernetesLease(account, name, nameOf(version), TERM);
    LeaderLease lease = new LeaderLease(router, store, EVERY, System::nanoTime, changed);
    lease.thread.start();
    return lease;
  }

  /** Names a version in few characters. */
  static String nameOf(ServedVersion version) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  (version.model() + "\n" + version.arithmetic()).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, NAME_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether this router may decide now. */
  public synchronized boolean leads() {
    return election.leads(nanoTime.getAsLong());
  }

  /** Who leads, as far as is known. */
  public synchronized Optional<String> holder() {
    return election.holder();
  }

  private void run(Duration every) {
    try {
      do {
        attempt();
      } while (!over.await(every.toMillis(), TimeUnit.MILLISECONDS));
      giveBack();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads it once, and writes what follows; what fails is tried again. */
  void attempt() throws InterruptedException {
    Optional<String> before = holder();
    try {
      long asked = nanoTime.getAsLong();
      LeaseStore.Read read = store.read();
      Optional<LeaseEntry> wanted;
      synchronized (this) {
        wanted = election.look(read.entry(), asked);
      }
      if (wanted.isPresent() && store.write(read, wanted)) {
        synchronized (this) {
          election.wrote(wanted.get(), asked);
        }
      }
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        LOG.warn(
            "{}; while that is so this router does not lead, and is asked again", e.getMessage());
      }
      failing = true;
    }
    Optional<String> after = holder();
    if (!after.equals(before)) {
      LOG.info("{} has the lease", after.orElse("nobody"));
      changed.run();
    }
  }

  private void giveBack() throws InterruptedException {
    boolean mine;
    synchronized (this) {
      mine = election.gives();
    }
    try {
      if (mine) {
        LeaseStore.Read read = store.read();
        Optional<String> now = read.entry().map(LeaseEntry::holder);
        if (now.equals(holder())) {
          store.write(read, Optional.empty());
        }
      }
    } catch (IOException e) {
      LOG.info("the lease was not given back: {}", e.getMessage());
    }
  }

  /** Gives it back; waits a few seconds at the most. */
  @Override
  public void close() {
    over.countDown();
    try {
      if (!thread.join(LEAVE)) {
        LOG.info("the lease was not given back in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
