package dev.switchboard.router.api;

import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.layer.KvCache;
import dev.switchboard.proto.v1.EngineStatus;
import dev.switchboard.router.engine.EngineCounters;

/** An engine's counters and its memory, as a message. */
public final class EngineReport {
  private EngineReport() {}

  public static EngineStatus of(
      EngineCounters.Snapshot now, KvCache cache, PrefixStates.Usage prefixes) {
    return EngineStatus.newBuilder()
        .setSteps(now.steps())
        .setPromptTokens(now.promptTokens())
        .setPrefixTokens(now.prefixTokens())
        .setGeneratedTokens(now.generatedTokens())
        .setPreemptions(now.preemptions())
        .setRepeatedTokens(now.repeatedTokens())
        .setRefusedRequests(now.refused())
        .setLongestGapNanos(now.longestGapNanos())
        .setKvUsedBytes(cache.usedBytes())
        .setKvCachedBytes(cache.cachedBytes())
        .setKvBudgetBytes(cache.budgetBytes())
        .setKvEvictedBlocks(cache.evictedBlocks())
        .setPrefixStates(prefixes.states())
        .setPrefixStateBytes(prefixes.usedBytes())
        .setPrefixStateBudgetBytes(prefixes.budgetBytes())
        .setPrefixStatesEvicted(prefixes.evicted())
        .setDegradedTokens(now.degradedTokens())
        .build();
  }
}
