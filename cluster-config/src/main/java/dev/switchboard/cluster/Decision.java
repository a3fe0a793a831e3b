package dev.switchboard.cluster;

import dev.switchboard.cluster.plan.Plan;
import dev.switchboard.cluster.plan.Why;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Why a placement is as it is: what was decided once.
 *
 * @param epoch of the placement
 * @param by id of the router that decided; empty before it has said so
 * @param when by that router's clock
 * @param why for people
 * @param loads copies that nodes were told to load
 * @param drops copies that nodes were told to give up, or that were lost
 * @param changes which, the first {@link #MOST_CHANGES} of them; item is the unit
 * @param before balance of load before: mean over most; 1 where no load was known
 * @param after balance that was expected of it
 */
public record Decision(
    long epoch,
    String by,
    Instant when,
    String why,
    int loads,
    int drops,
    List<Plan.Change> changes,
    double before,
    double after) {
  /** Changes that are kept of one decision. */
  static final int MOST_CHANGES = 512;

  /** Of a placement that says nothing about itself. */
  public static final Decision NONE = of("", List.of(), 1, 1);

  public Decision {
    // As it is written.
    when = when.truncatedTo(ChronoUnit.MILLIS);
    changes = List.copyOf(changes);
  }

  /** A decision that nobody has put in force yet. */
  static Decision of(String why, List<Plan.Change> changes, double before, double after) {
    int loads = (int) changes.stream().filter(Plan.Change::comes).count();
    return new Decision(
        0,
        "",
        Instant.EPOCH,
        why,
        loads,
        changes.size() - loads,
        changes.subList(0, Math.min(changes.size(), MOST_CHANGES)),
        before,
        after);
  }

  /** What a placement changes against the one before, where nobody else says so. */
  static List<Plan.Change> changes(Placement before, Placement after, Why why) {
    List<Plan.Change> changes = new ArrayList<>();
    for (int unit = 0; unit < Math.max(before.units(), after.units()); unit++) {
      List<String> old = before.replicas(unit);
      List<String> now = after.replicas(unit);
      for (String node : now) {
        if (!old.contains(node)) {
          changes.add(new Plan.Change(0, unit, node, true, why));
        }
      }
      for (String node : old) {
        if (!now.contains(node)) {
          changes.add(new Plan.Change(0, unit, node, false, why));
        }
      }
    }
    return changes;
  }

  /** The same of a placement, put in force by a router. */
  public Decision made(long itsEpoch, String router, Instant now) {
    return new Decision(itsEpoch, router, now, why, loads, drops, changes, before, after);
  }

  /** The numbers alone. */
  Decision withoutChanges() {
    return new Decision(epoch, by, when, why, loads, drops, List.of(), before, after);
  }
}
