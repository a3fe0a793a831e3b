package dev.switchboard.model.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds and loads the library of native kernels: the one that {@code -Dswitchboard.nativeLibrary}
 * names, else the one beside these classes. From a jar it is copied to a temporary file of this
 * process alone, which is gone once it is loaded: nothing is shared, nothing is left behind.
 */
final class NativeLibrary {
  /** Path of a library that is taken instead of the built-in one. */
  static final String PROPERTY = "switchboard.nativeLibrary";

  private static final String NAME = "libswitchboard-kernels.so";
  private static final int API_VERSION = 4;

  private static @Nullable NativeLibrary loaded;

  private final SymbolLookup symbols;

  private NativeLibrary(SymbolLookup symbols) {
    this.symbols = symbols;
  }

  /** No such library for this platform, or it cannot be loaded; the message says why. */
  static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1;

    Unavailable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** Once a process; a second call gives the same. */
  static synchronized NativeLibrary load() throws Unavailable {
    if (loaded == null) {
      loaded = find();
    }
    return loaded;
  }

  /** A function of the library, which has been loaded. */
  static synchronized MemorySegment loaded(String name) {
    if (loaded == null) {
      throw new IllegalStateException("The native library is not loaded");
    }
    return loaded
        .symbols
        .find(name)
        .orElseThrow(() -> new IllegalStateException("The native library has no " + name));
  }

  private static NativeLibrary find() throws Unavailable {
    String named = System.getProperty(PROPERTY, "");
    NativeLibrary library = named.isEmpty() ? builtIn() : open(Path.of(named).toAbsolutePath());
    int version = library.apiVersion();
    if (version != API_VERSION) {
      throw new Unavailable(
          "the native library has interface " + version + "; expected " + API_VERSION, null);
    }
    return library;
  }

  private static NativeLibrary builtIn() throws Unavailable {
    String resource = "/native/" + platform() + "/" + NAME;
    URL url = NativeLibrary.class.getResource(resource);
    if (url == null) {
      throw new Unavailable("there is no native library for " + platform(), null);
    }
    if ("file".equals(url.getProtocol())) {
      return open(fileOf(url));
    }
    return copied(resource);
  }

  private static Path fileOf(URL url) throws Unavailable {
    try {
      return Path.of(new URI(url.toString()));
    } catch (URISyntaxException e) {
      throw new Unavailable("no file: " + url, e);
    }
  }

  /** Such as {@code linux-x86_64}. */
  private static String platform() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch", "");
    return (system.startsWith("linux") ? "linux" : system.replace(' ', '-'))
        + "-"
        + (processor.equals("amd64") ? "x86_64" : processor);
  }

  /** A folder may forbid to run what is in it: then the user's own is tried. */
  private static NativeLibrary copied(String resource) throws Unavailable {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    try {
      return copied(resource, temporary);
    } catch (Unavailable first) {
      try {
        Path home = Path.of(System.getProperty("user.home", "/"), ".cache", "switchboard");
        return copied(resource, home);
      } catch (Unavailable second) {
        first.addSuppressed(second);
        throw first;
      }
    }
  }

  private static NativeLibrary copied(String resource, Path folder) throws Unavailable {
    try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new Unavailable(resource + " is not there", null);
      }
      Files.createDirectories(folder);
      Path file = Files.createTempFile(folder, "switchboard-kernels", ".so");
      try {
        Files.write(file, in.readAllBytes());
        return open(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new Unavailable("cannot copy the native library to " + folder + ": " + e, e);
    }
  }

  private static NativeLibrary open(Path file) throws Unavailable {
    try {
      return new NativeLibrary(SymbolLookup.libraryLookup(file, Arena.global()));
    } catch (IllegalArgumentException | IllegalCallerException e) {
      throw new Unavailable("cannot load " + file + ": " + e.getMessage(), e);
    }
  }

  /** Bits 1 &lt;&lt; form of what this processor and its operating system can run. */
  int usableForms() throws Unavailable {
    return number("switchboard_usable_forms");
  }

  /** Whether the processor has an instruction for dot products of BF16. */
  boolean hasBf16Dot() throws Unavailable {
    return number("switchboard_bf16_dot") != 0;
  }

  /** SHA-256 of the sources that the library was made from, in hexadecimal. */
  String sourceDigest() throws Unavailable {
    MethodHandle call =
        call("switchboard_source_digest", FunctionDescriptor.of(ValueLayout.ADDRESS));
    try {
      MemorySegment text = (MemorySegment) call.invokeExact();
      return text.reinterpret(65).getString(0);
    } catch (Throwable e) {
      throw new Unavailable("cannot read the native library's digest: " + e, e);
    }
  }

  private int apiVersion() throws Unavailable {
    return number("switchboard_api_version");
  }

  private int number(String name) throws Unavailable {
    MethodHandle call = call(name, FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      return (int) call.invokeExact();
    } catch (Throwable e) {
      throw new Unavailable("cannot call " + name + ": " + e, e);
    }
  }

  private MethodHandle call(String name, FunctionDescriptor shape) throws Unavailable {
    MemorySegment function =
        symbols
            .find(name)
            .orElseThrow(() -> new Unavailable("the native library has no " + name, null));
    return Linker.nativeLinker().downcallHandle(function, shape);
  }
}
