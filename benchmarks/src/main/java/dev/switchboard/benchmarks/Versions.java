package dev.switchboard.benchmarks;

import picocli.CommandLine.IVersionProvider;

/** The version that the launcher passes on. */
final class Versions implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"switchboard " + System.getProperty("switchboard.version", "(unknown)")};
  }
}
