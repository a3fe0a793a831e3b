package dev.switchboard.node;

import dev.switchboard.cluster.settings.MoveSettings;
import dev.switchboard.model.memory.Pace;
import dev.switchboard.node.runtime.ComputeLoop;
import dev.switchboard.node.shard.LoadWay;
import dev.switchboard.node.shard.SleepRules;
import dev.switchboard.node.weights.LoadPace;
import dev.switchboard.proto.weights.Giving;
import dev.switchboard.proto.weights.Pacer;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * How fast weights come and go while the node computes, and when its experts sleep.
 *
 * @param pacer of what is loaded beside serving
 * @param busy whether the node computes for routers
 */
record Loading(Pacer pacer, BooleanSupplier busy, SleepRules sleep) {
  /** As fast as it goes, and nobody sleeps. */
  static final Loading FREELY = new Loading(new Pacer(0, 100), () -> false, SleepRules.NONE);

  /** A stream that generates asks again sooner. */
  private static final long BUSY_NANOS = Duration.ofMillis(200).toNanos();

  static Loading of(MoveSettings settings, ComputeLoop loop) {
    return new Loading(
        new Pacer(settings.loadRate(), settings.loadShare()),
        () -> loop.busyWithin(BUSY_NANOS),
        sleep(settings));
  }

  static SleepRules sleep(MoveSettings settings) {
    return new SleepRules(settings.sleepAfter().toNanos(), settings.memoryExperts());
  }

  static Giving giving(MoveSettings settings, ComputeLoop loop) {
    return Giving.at(settings.giveRate(), settings.loadShare(), () -> loop.busyWithin(BUSY_NANOS));
  }

  /** For a load that begins now, on the calling thread. */
  Pace pace(LoadWay way) {
    return switch (way) {
      case URGENT -> Pace.URGENT;
      case FIRST -> Pace.FREE;
      case BESIDE -> LoadPace.beside(pacer, busy);
    };
  }
}
