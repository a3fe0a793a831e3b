package dev.switchboard.router.api;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whose a call is, for the fair shares of the engine: what the caller's metadata {@code
 * x-switchboard-client} says, else the address that it comes from. On the router's own host, where
 * all have one address, each connection counts for itself. Sessions belong to the key in {@code
 * authorization}, else to that name.
 */
public final class Callers implements ServerInterceptor {
  private static final int MOST_CHARS = 128;
  private static final String BEARER = "Bearer ";
  private static final Metadata.Key<String> NAME =
      Metadata.Key.of("x-switchboard-client", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> KEY =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<String> CALLER = Context.key("switchboard-caller");
  private static final Context.Key<String> SECRET = Context.key("switchboard-key");
  private static final Context.Key<String> OWNER = Context.key("switchboard-owner");

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String name = name(headers.get(NAME), call.getAttributes());
    Context context =
        Context.current()
            .withValues(CALLER, name, OWNER, owner(headers.get(KEY), headers.get(NAME)))
            .withValue(SECRET, secret(headers.get(KEY)));
    return Contexts.interceptCall(context, call, headers, next);
  }

  /** SHA-256 of the key that this call brings, in hex; empty if it brings none. */
  static Optional<String> key() {
    String secret = SECRET.get();
    return secret == null || secret.isEmpty() ? Optional.empty() : Optional.of(secret);
  }

  private static String secret(@Nullable String authorization) {
    if (authorization == null || authorization.isEmpty()) {
      return "";
    }
    boolean bearer = authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
    String key = bearer ? authorization.substring(BEARER.length()).strip() : authorization;
    return Digests.sha256(key.getBytes(StandardCharsets.UTF_8));
  }

  /** Whose the sessions of this call are: a digest of its key; empty if it brings none. */
  static String owner() {
    String owner = OWNER.get();
    return owner == null ? "" : owner;
  }

  private static String owner(@Nullable String key, @Nullable String name) {
    if (key != null && !key.isEmpty()) {
      return Digests.sha256("key", key.getBytes(StandardCharsets.UTF_8));
    }
    return name == null || name.isEmpty()
        ? ""
        : Digests.sha256("name", name.getBytes(StandardCharsets.UTF_8));
  }

  /** The caller of the call that this thread answers; empty if that is not known. */
  static String current() {
    String caller = CALLER.get();
    return caller == null ? "" : caller;
  }

  private static String name(@Nullable String given, Attributes call) {
    if (given != null && !given.isEmpty()) {
      return "name:" + given.substring(0, Math.min(given.length(), MOST_CHARS));
    }
    SocketAddress from = call.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return from instanceof InetSocketAddress address && !address.getAddress().isLoopbackAddress()
        ? "host:" + address.getAddress().getHostAddress()
        : "connection:" + from;
  }
}
