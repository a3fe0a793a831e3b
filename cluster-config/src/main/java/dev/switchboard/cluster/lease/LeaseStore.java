package dev.switchboard.cluster.lease;

import java.io.IOException;
import java.util.Optional;

/** Where a lease is written down; asked on one thread. */
interface LeaseStore {
  /**
   * What was read.
   *
   * @param entry of one version
   * @param tag changes with every change of the whole, whoever makes it
   */
  record Read(Optional<LeaseEntry> entry, String tag) {}

  /**
   * Reads.
   *
   * @throws IOException saying what it is that cannot be read
   */
  Read read() throws IOException, InterruptedException;

  /**
   * Writes, if nothing has changed since it was read.
   *
   * @param entry empty: nobody has it
   * @return false if somebody was quicker
   * @throws IOException if it is not known whether it was written
   */
  boolean write(Read before, Optional<LeaseEntry> entry) throws IOException, InterruptedException;
}
