package dev.switchboard.client.chaos;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.switchboard.client.process.ClusterException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Lets another JVM of this user run out of memory: {@link MemoryEater} is sent to it. */
final class Hunger {
  /** Of a JVM that ends itself for want of memory ({@code -XX:+ExitOnOutOfMemoryError}). */
  static final int EXIT_CODE = 3;

  private Hunger() {}

  /**
   * Returns when it has begun.
   *
   * @throws ClusterException if the JVM cannot be reached
   */
  static void feed(long pid) {
    try {
      Path jar = Files.createTempFile("switchboard-hunger-", ".jar");
      try {
        write(jar);
        VirtualMachine machine = VirtualMachine.attach(String.valueOf(pid));
        try {
          machine.loadAgent(jar.toString());
        } finally {
          machine.detach();
        }
      } finally {
        Files.deleteIfExists(jar);
      }
    } catch (IOException
        | AttachNotSupportedException
        | AgentLoadException
        | AgentInitializationException e) {
      throw new ClusterException("cannot fill the memory of process " + pid + ": " + e, e);
    }
  }

  private static void write(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(new Attributes.Name("Agent-Class"), MemoryEater.class.getName());
    String code = MemoryEater.class.getName().replace('.', '/') + ".class";
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        InputStream in = MemoryEater.class.getClassLoader().getResourceAsStream(code)) {
      out.putNextEntry(new JarEntry(code));
      Objects.requireNonNull(in, code).transferTo(out);
      out.closeEntry();
    }
  }
}
