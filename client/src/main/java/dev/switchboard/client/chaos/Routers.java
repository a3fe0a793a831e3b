package dev.switchboard.client.chaos;

import dev.switchboard.client.HostPort;
import dev.switchboard.client.SwitchboardClient;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The routers that can be called now, and a connection to each. Any thread. */
final class Routers implements AutoCloseable {
  private final List<Supplier<Optional<HostPort>>> places;
  private final Consumer<StatusRuntimeException> onFailure;
  private final Map<HostPort, SwitchboardClient> clients = new ConcurrentHashMap<>();

  /**
   * @param places where each router answers now; empty while it does not
   * @param onFailure hears of every attempt that came to nothing
   */
  Routers(List<Supplier<Optional<HostPort>>> places, Consumer<StatusRuntimeException> onFailure) {
    this.places = List.copyOf(places);
    this.onFailure = onFailure;
  }

  /** The first router that answers, from this number on; null while none does. */
  @Nullable HostPort choose(int home) {
    for (int i = 0; i < places.size(); i++) {
      Optional<HostPort> address = places.get((home + i) % places.size()).get();
      if (address.isPresent()) {
        return address.get();
      }
    }
    return null;
  }

  SwitchboardClient client(HostPort address) {
    return clients.computeIfAbsent(address, SwitchboardClient::connect);
  }

  void failed(HostPort router, StatusRuntimeException problem) {
    onFailure.accept(problem);
    boolean gone =
        places.stream().noneMatch(place -> place.get().filter(router::equals).isPresent());
    SwitchboardClient client = gone ? clients.remove(router) : null;
    if (client != null) {
      client.close();
    }
  }

  @Override
  public void close() {
    clients.values().forEach(SwitchboardClient::close);
  }
}
