package dev.switchboard.client.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the launcher read from the build. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"switchboard " + System.getProperty("switchboard.version", "unversioned")};
  }
}
