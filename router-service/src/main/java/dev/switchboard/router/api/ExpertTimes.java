package dev.switchboard.router.api;

import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.proto.v1.ExpertLoad;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** What nodes say of each expert, put together. */
final class ExpertTimes {
  private final Map<Place, ExpertUses.Use> byPlace = new HashMap<>();

  private record Place(int layer, int expert) {}

  ExpertTimes(Collection<ExpertUses> nodes) {
    for (ExpertUses node : nodes) {
      for (ExpertUses.Use use : node.experts()) {
        byPlace.merge(new Place(use.layer(), use.expert()), use, ExpertTimes::both);
      }
    }
  }

  private static ExpertUses.Use both(ExpertUses.Use one, ExpertUses.Use other) {
    return new ExpertUses.Use(
        one.layer(),
        one.expert(),
        one.rows() + other.rows(),
        one.serviceNanos() + other.serviceNanos(),
        Math.max(one.lastUseMillis(), other.lastUseMillis()));
  }

  /** Adds what is known of the expert that a message is about. */
  void tell(ExpertLoad.Builder expert, long wallMillis) {
    ExpertUses.Use use = byPlace.get(new Place(expert.getLayer(), expert.getExpert()));
    if (use == null) {
      return;
    }
    expert.setRows(use.rows()).setServiceNanos(use.serviceNanos());
    if (use.lastUseMillis() > 0) {
      expert.setIdleMillis(Math.max(0, wallMillis - use.lastUseMillis()));
    }
  }
}
